package dev.drawbridge.cluster.sql;

import dev.drawbridge.testservers.TestServer;

/** On MariaDB. */
class TwoServersOnMariaDbTest extends TwoServersOnSql {
  TwoServersOnMariaDbTest() {
    super(TestServer.MARIADB);
  }
}
