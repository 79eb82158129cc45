package dev.drawbridge.bench.quarkus;

import com.sun.management.ThreadMXBean;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quarkus.websockets.next.OpenConnections;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Starts, says its port and {@code ready}, and answers the load driver on standard input and
 * output: one word in, one line {@code word answer} out, as the other targets do.
 */
@QuarkusMain
public class Server implements QuarkusApplication {
  private static final int LARGE = 4000;

  private final Users users;
  private final OpenConnections connections;
  private final int count;
  private String text = "n".repeat(100);

  Server(
      Users users,
      OpenConnections connections,
      @ConfigProperty(name = "bench.users", defaultValue = "1000") int count) {
    this.users = users;
    this.connections = connections;
    this.count = count;
  }

  @Override
  public int run(String... args) throws Exception {
    users.create(count);
    Thread control = new Thread(this::serve, "bench-control");
    control.setDaemon(true);
    control.start();
    // The real one: Quarkus puts it in the place of 0.
    System.out.println(
        "port " + ConfigProvider.getConfig().getValue("quarkus.http.port", String.class));
    System.out.println("ready");
    Quarkus.waitForExit();
    return 0;
  }

  private void serve() {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String word = in.readLine(); word != null; word = in.readLine()) {
        System.out.println(word + " " + answer(word));
      }
    } catch (IOException e) {
      // The driver is gone; the server is stopped by whoever started it.
    }
  }

  private String answer(String word) {
    return switch (word) {
      case "broadcast" -> broadcast();
      case "large" -> large();
      case "heap" -> String.valueOf(heap());
      case "allocated" -> String.valueOf(allocated());
      case "compiled" ->
          String.valueOf(ManagementFactory.getCompilationMXBean().getTotalCompilationTime());
      default -> "unknown";
    };
  }

  private String large() {
    text = "n".repeat(LARGE);
    return "set";
  }

  private String broadcast() {
    String news = "{\"type\":\"news\",\"data\":{\"text\":\"" + text + "\"}}";
    connections.forEach(
        connection ->
            connection
                .sendText(news)
                .subscribe()
                .with(
                    sent -> {},
                    failed -> {
                      // Its connection has ended.
                    }));
    return "sent";
  }

  private static long heap() {
    // Twice: finalizers and cleaners let go of more after the first.
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        .filter(bytes -> bytes > 0)
        .sum();
  }
}
