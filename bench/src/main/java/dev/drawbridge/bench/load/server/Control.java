package dev.drawbridge.bench.load.server;

import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Answers a load driver on standard input and output: one word in, one line {@code word answer}
 * out. Every target knows {@code heap}, the bytes in use after a full collection, and {@code
 * compiled}, the milliseconds that its compiler has worked so far.
 */
public final class Control {
  /** Characters of a broadcast's text; the word {@code large} makes it this long. */
  private static final int LARGE = 4000;

  private static volatile String broadcastText = "n".repeat(100);

  private Control() {}

  /** What a broadcast carries: 100 characters until the driver asks for large ones. */
  public static String broadcastText() {
    return broadcastText;
  }

  /** Starts to listen; ends with the input, while the server goes on. */
  public static void listen(Map<String, Supplier<String>> words) {
    Map<String, Supplier<String>> all = new HashMap<>(words);
    all.put("heap", () -> String.valueOf(heap()));
    all.put("allocated", () -> String.valueOf(allocated()));
    all.put(
        "compiled",
        () -> String.valueOf(ManagementFactory.getCompilationMXBean().getTotalCompilationTime()));
    all.put("large", () -> broadcastText = "n".repeat(LARGE));
    Thread thread = new Thread(() -> serve(all), "bench-control");
    thread.setDaemon(true);
    thread.start();
  }

  private static void serve(Map<String, Supplier<String>> words) {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      String word = in.readLine();
      while (word != null) {
        Supplier<String> answer = words.get(word);
        System.out.println(word + " " + (answer == null ? "unknown" : answer.get()));
        word = in.readLine();
      }
    } catch (IOException e) {
      // The driver is gone; the server is stopped by whoever started it.
    }
  }

  /** Bytes allocated so far by the threads that live. */
  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        .filter(bytes -> bytes > 0)
        .sum();
  }

  private static long heap() {
    // Twice: finalizers and cleaners let go of more after the first.
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
