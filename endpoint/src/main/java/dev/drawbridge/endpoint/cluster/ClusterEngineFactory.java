package dev.drawbridge.endpoint.cluster;

/**
 * Makes the engine that {@code DRAWBRIDGE_CLUSTER} names. Found by {@link java.util.ServiceLoader}
 * on the class path of the web application, so it needs a constructor without parameters; or an
 * attribute of the servlet context under the name of this interface.
 */
public interface ClusterEngineFactory {

  /** What the setting says: a lower-case letter, then at most 31 of {@code [a-z0-9-]}. */
  String name();

  /**
   * An engine that has not started. Connects to nothing.
   *
   * @throws IllegalArgumentException if the configuration does not do, with one sentence that names
   *     the setting and what to write: the start is refused with it. It must not hold the password
   */
  ClusterEngine create(ClusterConfig config);
}
