package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.EndpointEnvironment;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import java.time.Clock;
import java.util.Optional;

/** What an application's endpoint may see of the runtime. Thread-safe. */
public final class ApplicationEnvironment implements EndpointEnvironment {
  private final DrawbridgeRuntime runtime;

  public ApplicationEnvironment(DrawbridgeRuntime runtime) {
    this.runtime = runtime;
  }

  @Override
  public boolean isDevelopment() {
    return runtime.mode().isDevelopment();
  }

  @Override
  public Clock clock() {
    return runtime.clock();
  }

  @Override
  public Optional<User> findUser(String subject) {
    return runtime.users().find(subject).user();
  }

  @Override
  public void userChanged(String subject) {
    runtime.users().invalidate(subject);
  }
}
