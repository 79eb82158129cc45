package dev.drawbridge.bench;

import dev.drawbridge.endpoint.Channels;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.Endpoint;
import jakarta.servlet.ServletContext;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** The channels of {@link BenchServer}, and what a driver has it do with them. */
public final class BenchChannels {
  /** Rooms of a storm: {@value}. */
  public static final int ROOMS = 100;

  /** Messages in each of them while everybody is away: {@value}. */
  public static final int MISSED = 20;

  private static final String TEXT = "n".repeat(100);
  private static final AtomicLong CALLS = new AtomicLong();
  private static final AtomicLong NUMBER = new AtomicLong();

  private BenchChannels() {}

  /** A message as every contestant sends it. */
  record News(long n, String text) {}

  static void configure(Endpoint.Builder endpoint) {
    endpoint.channel(
        "room:",
        rules ->
            rules
                .authorize(
                    (user, action, channels) -> {
                      CALLS.incrementAndGet();
                      return Set.copyOf(channels);
                    })
                .clientPublish("news", News.class));
  }

  /**
   * One message to everybody by a channel or by their connections, messages to all rooms, and how
   * often the authorizer was asked.
   */
  static Map<String, Supplier<String>> words(ServletContext context) {
    return Map.of(
        "publish",
        () -> {
          Channels.of(context).publish("room:all", "news", next());
          return "sent";
        },
        "send",
        () -> {
          Connections.of(context).all().send("news", next());
          return "sent";
        },
        "storm",
        () -> {
          for (int i = 0; i < ROOMS * MISSED; i++) {
            Channels.of(context)
                .publish("room:" + i % ROOMS, "news", new News(i / ROOMS, TEXT))
                .toCompletableFuture()
                .join();
          }
          return "sent";
        },
        "calls",
        () -> String.valueOf(CALLS.getAndSet(0)));
  }

  private static News next() {
    return new News(NUMBER.getAndIncrement(), TEXT);
  }
}
