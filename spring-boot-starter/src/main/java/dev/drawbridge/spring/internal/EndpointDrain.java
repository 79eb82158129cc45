package dev.drawbridge.spring.internal;

import dev.drawbridge.endpoint.Connections;
import jakarta.servlet.ServletContext;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * Empties the endpoint when the application is about to stop, before the web server lets no request
 * in any more: clients are told when to come back, handlers end. Boot's time-out for a phase bounds
 * it. Thread-safe.
 */
final class EndpointDrain implements SmartLifecycle {
  /** Before the graceful shutdown of the web server, which is 1024 below the first phase. */
  private static final int PHASE = DEFAULT_PHASE - 512;

  private final ContextSetup setup;
  private final EndpointStop stop;
  private final boolean isGraceful;
  private volatile boolean running;

  /**
   * Makes it.
   *
   * @param stop what stops the endpoint later, and starts it again with the context
   * @param isGraceful false where the application wants its server to stop at once
   */
  EndpointDrain(ContextSetup setup, EndpointStop stop, boolean isGraceful) {
    this.setup = setup;
    this.stop = stop;
    this.isGraceful = isGraceful;
  }

  @Override
  public void start() {
    stop.restart();
    running = true;
  }

  @Override
  public void stop() {
    // Boot stops by the other method; a call of this one waits for nothing.
    running = false;
  }

  @Override
  public void stop(Runnable callback) {
    running = false;
    Connections open = connections();
    if (!isGraceful || open == null) {
      callback.run();
      return;
    }
    var unused = open.drain().whenComplete((done, failure) -> callback.run());
  }

  /** Null when none runs. */
  private @Nullable Connections connections() {
    ServletContext context = setup.context();
    return context != null
            && context.getAttribute(Connections.class.getName()) instanceof Connections found
        ? found
        : null;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}
