package dev.drawbridge.endpoint.internal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of a stop: each is taken, whatever became of the ones before, because what one of them
 * leaves behind keeps threads and the class loader of the application. Stateless.
 */
public final class StopSteps {
  private static final Logger log = LoggerFactory.getLogger(StopSteps.class);

  private StopSteps() {}

  /** Takes them in this order; a failure is logged. */
  public static void takeAll(Runnable... steps) {
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException | Error e) {
        log.error("a step of the stop has failed; the others are taken", e);
      }
    }
  }
}
