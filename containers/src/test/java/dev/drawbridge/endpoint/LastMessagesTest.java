package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What clients send last, many times over: all of it is handled before the end, which is told with
 * the code of the client. {@code -Dlast.messages.seconds} says how long each container is tried.
 */
class LastMessagesTest {
  private static final Duration LENGTH =
      Duration.ofMillis(
          (long) (1000 * Double.parseDouble(System.getProperty("last.messages.seconds", "1"))));
  private static final int CLIENTS = 4;

  @ParameterizedTest
  @EnumSource
  @Timeout(300)
  void closeComesBehindEveryMessage(Host host) throws Exception {
    assumeTrue(host != Host.TOMCAT_11_VIRTUAL || Runtime.version().feature() >= 21);
    AtomicInteger messages = new AtomicInteger();
    AtomicInteger connections = new AtomicInteger();
    try (Host.Running server =
        host.start(
            "drawbridge.connections.per.user", "5000",
            // Reading stops and goes on all the time.
            "drawbridge.receive.queue.frames", "4",
            "drawbridge.messages.per.second", "1000000",
            "drawbridge.message.burst", "1000000")) {
      long until = System.nanoTime() + LENGTH.toNanos();
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Random random = new Random(i);
        clients.add(
            CompletableFuture.runAsync(
                () -> {
                  while (System.nanoTime() - until < 0) {
                    connections.incrementAndGet();
                    messages.addAndGet(talk(server, random));
                  }
                },
                task -> new Thread(task, "client").start()));
      }
      for (CompletableFuture<Void> client : clients) {
        await(client);
      }
      server.awaitEmpty();

      assertThat(Arrays.stream(server.ask("closes").split(", ", -1)).distinct().toList())
          .as("%d connections", connections.get())
          .containsExactly("1000 client");
      assertThat(server.ask("handled")).isEqualTo(Integer.toString(messages.get()));
    }
  }

  private static void await(CompletableFuture<Void> client)
      throws InterruptedException, ExecutionException, TimeoutException {
    client.get(LENGTH.toSeconds() + 60, TimeUnit.SECONDS);
  }

  /** One connection; returns how many messages were sent before the close. */
  private static int talk(Host.Running server, Random random) {
    int messages = 1 + random.nextInt(random.nextBoolean() ? 20 : 500);
    boolean reads = random.nextBoolean();
    int micros = random.nextInt(3) == 0 ? random.nextInt(50) : 0;
    byte[] message =
        RawSocket.textFrame("{\"type\":\"work\",\"id\":\"w\",\"data\":" + micros + "}");
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < messages; i++) {
      all.writeBytes(message);
    }
    all.writeBytes(
        RawSocket.frame(
            RawSocket.CLOSE,
            true,
            false,
            5,
            "\u0003\u00e8bye".getBytes(StandardCharsets.ISO_8859_1)));
    try (RawSocket socket = server.raw("alice")) {
      socket.raw(all.toByteArray());
      if (reads) {
        RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);
        assertThat(close == null ? 1000 : close.closeCode()).isEqualTo(1000);
      } else {
        // Nothing of it: what is unread is no reason for the kernel to forget what was sent.
        socket.socket().shutdownOutput();
        awaitEnd(socket);
      }
      return messages;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Until the server has closed its half, or the connection. */
  private static void awaitEnd(RawSocket socket) {
    try {
      while (socket.read() != null) {
        assertThat(socket).isNotNull();
      }
    } catch (IOException e) {
      // Cut, behind a close that was answered or not.
      assertThat(e).isNotNull();
    }
  }
}
