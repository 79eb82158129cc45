package dev.drawbridge.spring.internal;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbHealth;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.ServletContext;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How the endpoint is, as {@code GET /ws/health} says it, for both of Boot's lines. Immutable.
 *
 * @param state what a probe makes of it
 * @param details for people
 */
record EndpointHealth(State state, Map<String, Object> details) {
  /** In the words of Boot. */
  enum State {
    UP,
    DOWN,
    OUT_OF_SERVICE,
    /** In a test without a server, whose health must not depend on it. */
    UNKNOWN
  }

  /** Asks; waits a second for the database at most. */
  static EndpointHealth of(ContextSetup setup) {
    ServletContext context = setup.context();
    Map<String, Object> details = new LinkedHashMap<>();
    if (setup.isWithoutServer()) {
      details.put("endpoint", "no server");
      return new EndpointHealth(State.UNKNOWN, details);
    }
    if (context == null
        || !(context.getAttribute(DrawbridgeRuntime.class.getName())
            instanceof DrawbridgeRuntime runtime)
        || !(context.getAttribute(Connections.class.getName()) instanceof Connections open)) {
      details.put("endpoint", "not started");
      return new EndpointHealth(State.DOWN, details);
    }
    details.put("connections", open.size());
    if (open.isDraining()) {
      details.put("draining", true);
      return new EndpointHealth(State.OUT_OF_SERVICE, details);
    }
    Database database = runtime.database();
    boolean isUp = database == null || database.health().status() != DbHealth.Status.DOWN;
    if (database != null) {
      details.put("database", isUp ? "up" : "down");
    }
    return new EndpointHealth(isUp ? State.UP : State.DOWN, details);
  }
}
