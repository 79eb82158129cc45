package dev.drawbridge.cluster.sql;

import dev.drawbridge.testservers.TestServer;

/** The contract on PostgreSQL. */
class PostgresEngineTest extends SqlEngineContract {
  PostgresEngineTest() {
    super(TestServer.POSTGRESQL);
  }
}
