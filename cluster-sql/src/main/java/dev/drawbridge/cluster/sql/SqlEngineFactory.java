package dev.drawbridge.cluster.sql;

import dev.drawbridge.db.Database;
import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ClusterEngineFactory;

/** Makes the engine of {@code DRAWBRIDGE_CLUSTER=sql}; found by {@link java.util.ServiceLoader}. */
public final class SqlEngineFactory implements ClusterEngineFactory {
  @Override
  public String name() {
    return "sql";
  }

  @Override
  public ClusterEngine create(ClusterConfig config) {
    Database database =
        config
            .brought(Database.class)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "DRAWBRIDGE_CLUSTER=sql needs a database: set DRAWBRIDGE_DB_URL or"
                            + " DRAWBRIDGE_DB_JNDI"));
    return new SqlEngine(new SqlServer(database, config));
  }
}
