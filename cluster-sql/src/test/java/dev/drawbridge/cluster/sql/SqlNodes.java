package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.TestNode;
import java.util.Map;

/** Servers of a deployment on a database. */
final class SqlNodes {
  private SqlNodes() {}

  /**
   * Starts one.
   *
   * @param url of its database
   * @param user of its database
   */
  static TestNode start(String url, String user) throws Exception {
    return TestNode.start(
        Map.of("DRAWBRIDGE_CLUSTER", "sql", "DRAWBRIDGE_DB_URL", url, "DRAWBRIDGE_DB_USER", user),
        Map.of());
  }
}
