package dev.drawbridge.cluster.sql;

import dev.drawbridge.testservers.TestServer;

/** On PostgreSQL. */
class TwoServersOnPostgresTest extends TwoServersContract {
  TwoServersOnPostgresTest() {
    super(TestServer.POSTGRESQL);
  }
}
