package dev.drawbridge.cluster.sql;

import dev.drawbridge.testservers.TestServer;

/** The contract on MariaDB. */
class MariaDbEngineTest extends SqlEngineContract {
  MariaDbEngineTest() {
    super(TestServer.MARIADB);
  }
}
