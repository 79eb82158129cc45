package dev.drawbridge.sample;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserStore;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.MessageRefused;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.ServletContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Faults that a person can cause from the page, to watch the client explain them; dev mode only.
 */
final class DemoFaults {
  private static final Logger log = LoggerFactory.getLogger(DemoFaults.class);

  /** How long {@code demo.disable} lasts: long enough to see that trying again is refused. */
  static final int DISABLED_SECONDS = 15;

  private DemoFaults() {}

  /**
   * Adds the types {@code demo.…}.
   *
   * @param context asked when a message is handled
   */
  static void register(Endpoint.Builder endpoint, Supplier<ServletContext> context) {
    endpoint
        .on("demo.drop", Void.class)
        .ack(Void.class)
        .handle(
            (nothing, connection) -> {
              connection.close(CloseCode.INTERNAL_ERROR, "demo_drop");
              return null;
            });
    endpoint
        .on("demo.disable", Void.class)
        .ack(Void.class)
        .handle(
            (nothing, connection) -> {
              DrawbridgeRuntime runtime = DrawbridgeRuntime.acquire(context.get());
              try {
                disable(runtime, connection.user().subject());
              } finally {
                runtime.release();
              }
              return null;
            });
    endpoint
        .on("demo.restart", Void.class)
        .ack(Void.class)
        .handle(
            (nothing, connection) -> {
              if (!DemoLog.lose(context.get())) {
                throw new MessageRefused("no_demo_log", "The log of the channels is not ours");
              }
              return null;
            });
    DemoKeeper keeper = new DemoKeeper();
    endpoint
        .on("demo.company", DemoCompany.class)
        .ack(Void.class)
        .handle(
            (wish, connection) -> {
              keeper.write(context.get(), wish.room());
              return null;
            });
  }

  private static void disable(DrawbridgeRuntime runtime, String subject) {
    Database database = runtime.database();
    if (database == null) {
      throw new MessageRefused("no_database", "The users are not in a database of ours");
    }
    UserStore store = UserStore.of(runtime.users(), runtime.clock());
    setStatus(database, store, subject, User.Status.SUSPENDED);
    CompletableFuture.runAsync(
            () -> setStatus(database, store, subject, User.Status.ACTIVE),
            CompletableFuture.delayedExecutor(DISABLED_SECONDS, TimeUnit.SECONDS))
        .exceptionally(
            failure -> {
              log.warn("A demo user stays disabled until the next start: {}", failure.toString());
              return null;
            });
  }

  private static void setStatus(
      Database database, UserStore store, String subject, User.Status status) {
    database.transact(session -> store.setStatus(session, subject, status));
  }
}
