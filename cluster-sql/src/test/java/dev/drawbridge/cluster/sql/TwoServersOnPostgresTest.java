package dev.drawbridge.cluster.sql;

import dev.drawbridge.testservers.TestServer;

/** On PostgreSQL. */
class TwoServersOnPostgresTest extends TwoServersOnSql {
  TwoServersOnPostgresTest() {
    super(TestServer.POSTGRESQL);
  }
}
