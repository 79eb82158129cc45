package dev.drawbridge.cluster.sql;

import dev.drawbridge.testservers.TestServer;

/** On MariaDB. */
class TwoServersOnMariaDbTest extends TwoServersContract {
  TwoServersOnMariaDbTest() {
    super(TestServer.MARIADB);
  }
}
