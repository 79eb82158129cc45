package dev.drawbridge.db;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Times statements in a registry of Micrometer's, which the application must have: {@code
 * drawbridge.db.statements}, with the tag {@code outcome}: {@code ok}, {@code conflict}, {@code
 * constraint}, {@code timeout}, {@code unavailable} or {@code error}. SQL is no tag, since each
 * text would be a time series of its own. Thread-safe.
 */
public final class MicrometerStatements implements StatementListener {
  /** The name of the timer: {@value}. */
  public static final String NAME = "drawbridge.db.statements";

  private final MeterRegistry registry;

  /** Registers its timers when they are first needed. */
  public MicrometerStatements(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void ran(String sql, Duration took, @Nullable Throwable failure) {
    Timer.builder(NAME).tag("outcome", outcome(failure)).register(registry).record(took);
  }

  private static String outcome(@Nullable Throwable failure) {
    if (failure == null) {
      return "ok";
    }
    if (failure instanceof DbConflictException) {
      return "conflict";
    }
    if (failure instanceof DbConstraintException) {
      return "constraint";
    }
    if (failure instanceof DbTimeoutException) {
      return "timeout";
    }
    return failure instanceof DbUnavailableException ? "unavailable" : "error";
  }
}
