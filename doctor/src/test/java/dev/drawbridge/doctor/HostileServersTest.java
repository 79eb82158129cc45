package dev.drawbridge.doctor;

import static dev.drawbridge.doctor.Odd.answering;
import static dev.drawbridge.doctor.Odd.head;
import static dev.drawbridge.doctor.Odd.say;
import static dev.drawbridge.doctor.Odd.websocket;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.drawbridge.doctor.DoctorRun.By;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.provider.Arguments;

/** Whatever a server does, both programs end in time and name it, alike. */
class HostileServersTest {
  private static final String CONFIG =
      "{\"configVersion\":1,\"mode\":\"prod\",\"status\":\"ok\",\"path\":\"../ws\",\"diagnose\":\"diagnose\"}";

  private static final ExecutorService threads = Executors.newFixedThreadPool(8);

  @BeforeAll
  static void nodeIsThere() {
    By.NODE.present();
  }

  @AfterAll
  static void stop() {
    threads.shutdownNow();
  }

  static Stream<Arguments> manners() {
    return Stream.of(
        way("closes at once", (in, out) -> {}, "discovery http_cut http 13"),
        way("closes behind the request", (in, out) -> head(in), "discovery http_cut http 13"),
        way("says nothing", (in, out) -> Odd.wait(in), "discovery http_timeout http 13"),
        way(
            "speaks first, as SSH",
            (in, out) -> {
              say(out, "SSH-2.0-OpenSSH_9.9\r\n");
              Odd.wait(in);
            },
            "discovery http_none http 13"),
        way(
            "answers as a database",
            answering("-ERR unknown command\r\n"),
            "discovery http_none http 13"),
        way(
            "answers by an alert of TLS",
            answering("\u0015\u0003\u0001\u0000\u0002\u0002F"),
            "discovery tls_expected http 13"),
        way(
            "says that it wants TLS",
            answering("HTTP/1.1 400 No\r\n\r\nThe plain HTTP request was sent to HTTPS port"),
            "discovery tls_expected http 13"),
        way(
            "half an answer, then nothing",
            (in, out) -> {
              head(in);
              say(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
              Odd.wait(in);
            },
            "discovery http_timeout http 13"),
        way(
            "half an answer, then closed",
            answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
            "discovery http_cut http 13"),
        way("half a head, then closed", answering("HTTP/1.1 200 O"), "discovery http_cut http 13"),
        way("half a first line", answering("HTT"), "discovery http_none http 13"),
        way(
            "endless headers",
            (in, out) -> {
              head(in);
              say(out, "HTTP/1.1 200 OK\r\n");
              while (true) {
                say(out, "X-More: " + "x".repeat(1000) + "\r\n");
              }
            },
            "discovery http_too_large http 13"),
        way(
            "an endless line",
            (in, out) -> {
              head(in);
              say(out, "HTTP/1.1 200 OK\r\nX-More: ");
              while (true) {
                say(out, "x".repeat(1000));
              }
            },
            "discovery http_too_large http 13"),
        way(
            "endless interim answers",
            (in, out) -> {
              head(in);
              while (true) {
                say(out, "HTTP/1.1 103 Early Hints\r\n\r\n");
              }
            },
            "discovery http_too_large http 13"),
        way(
            "headers one byte at a time",
            (in, out) -> {
              head(in);
              say(out, "HTTP/1.1 200 OK\r\n");
              while (true) {
                say(out, "x");
                LockSupport.parkNanos(50_000_000);
              }
            },
            "discovery http_timeout http 13"),
        way(
            "an endless body",
            (in, out) -> {
              head(in);
              say(out, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
              while (true) {
                say(out, "x".repeat(10_000));
              }
            },
            "upgrade path_wrong discovery 14"),
        way(
            "an endless chunked body",
            (in, out) -> {
              head(in);
              say(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
              while (true) {
                say(out, "2710\r\n" + "x".repeat(10_000) + "\r\n");
              }
            },
            "upgrade path_wrong discovery 14"),
        way(
            "an impossible chunk",
            answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            "discovery http_cut http 13"),
        way("HTTP/1.0", answering("HTTP/1.0 200 OK\r\n\r\nhello"), "upgrade http_1_0 upgrade 20"),
        way(
            "a redirect to a login page",
            refusing("302 Found", "Location: /login?next=/ws"),
            "upgrade redirected discovery 14"),
        way(
            "a password of its own",
            refusing("401 Unauthorized", "WWW-Authenticate: Basic"),
            "upgrade refused_by_other upgrade 20"),
        way("502", refusing("502 Bad Gateway"), "discovery server_unreachable server 19"),
        way("503", refusing("503 Service Unavailable"), "upgrade server_unreachable server 19"),
        way("426", refusing("426 Upgrade Required"), "upgrade upgrade_not_forwarded upgrade 20"),
        way("404", refusing("404 Not Found"), "upgrade path_wrong discovery 14"),
        way("418", refusing("418 I'm a teapot"), "upgrade upgrade_refused upgrade 20"),
        way(
            "101 with another accept",
            (in, out) -> {
              String code = head(in).contains("Upgrade: websocket") ? "101 Go" : "404 No";
              say(
                  out,
                  "HTTP/1.1 "
                      + code
                      + "\r\n"
                      + "Upgrade: websocket\r\n"
                      + "Sec-WebSocket-Accept: x\r\n"
                      + "Content-Length: 0\r\n\r\n");
            },
            "upgrade handshake_answer_invalid upgrade 20"),
        way(
            "closes when asked to upgrade",
            (in, out) -> {
              if (!head(in).contains("Upgrade: websocket")) {
                say(out, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
              }
            },
            "upgrade upgrade_cut upgrade 20"),
        way(
            "silent but for upgrades",
            upgradesAlone((in, out) -> Odd.wait(in), (in, out) -> {}),
            "echo connection_lost watch 24"),
        way(
            "closes but for upgrades",
            upgradesAlone((in, out) -> {}, (in, out) -> {}),
            "echo connection_lost watch 24"),
        way(
            "silent but for upgrades, which it refuses",
            (in, out) -> {
              if (head(in).contains("Upgrade: websocket")) {
                say(out, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
              } else {
                Odd.wait(in);
              }
            },
            "upgrade refused_by_other upgrade 20"),
        way(
            "silent when asked to upgrade",
            (in, out) -> {
              if (!head(in).contains("Upgrade: websocket")) {
                say(out, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
              } else {
                Odd.wait(in);
              }
            },
            "upgrade open_timeout upgrade 20"),
        way(
            "never answers a ping",
            websocket((in, out) -> Odd.wait(in)),
            "echo pong_timeout protocol 22"),
        way(
            "cuts the open connection",
            websocket((in, out) -> {}),
            "echo connection_lost watch 24"),
        way(
            "a huge frame",
            websocket(
                (in, out) -> {
                  out.write(new byte[] {(byte) 0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0});
                  Odd.wait(in);
                }),
            "echo frame_too_large protocol 22"),
        way(
            "a frame of negative size",
            websocket(
                (in, out) -> {
                  out.write(new byte[] {(byte) 0x82, 127, -1, 0, 0, 1, 0, 0, 0, 0});
                  Odd.wait(in);
                }),
            "echo frame_too_large protocol 22"),
        way(
            "a masked frame",
            websocket(
                (in, out) -> {
                  out.write(new byte[] {(byte) 0x81, (byte) 0x81, 0, 0, 0, 0, 'x'});
                  Odd.wait(in);
                }),
            "echo frame_invalid protocol 22"),
        way(
            "reserved bits",
            websocket(
                (in, out) -> {
                  out.write(new byte[] {(byte) 0xC1, 1, 'x'});
                  Odd.wait(in);
                }),
            "echo frame_invalid protocol 22"),
        way(
            "frames without end",
            websocket(
                (in, out) -> {
                  byte[] many = new byte[30_000];
                  for (int i = 0; i < many.length; i += 3) {
                    many[i] = (byte) 0x81;
                    many[i + 1] = 1;
                    many[i + 2] = 'x';
                  }
                  while (true) {
                    out.write(many);
                  }
                }),
            "echo pong_timeout protocol 22"),
        way(
            "a message in parts without end",
            websocket(
                (in, out) -> {
                  out.write(new byte[] {1, 0});
                  byte[] part = new byte[60_004];
                  part[1] = 126;
                  part[2] = (byte) (60_000 >> 8);
                  part[3] = (byte) (60_000 & 0xFF);
                  while (true) {
                    out.write(part);
                  }
                }),
            "echo frame_too_large protocol 22"),
        way(
            "closes with a code",
            websocket(
                (in, out) -> {
                  out.write(new byte[] {(byte) 0x88, 6, 0x0F, (byte) 0xA0, 'e', 'y', 'J', 'a'});
                  Odd.wait(in);
                }),
            "echo closed_early watch 24"),
        way(
            "Drawbridge that sends something else first",
            drawbridge(
                (in, out) -> {
                  out.write(new byte[] {(byte) 0x81, 2, '{', '}'});
                  Odd.wait(in);
                }),
            "welcome welcome_missing protocol 22"),
        way(
            "Drawbridge that sends a binary message first",
            drawbridge(
                (in, out) -> {
                  out.write(new byte[] {(byte) 0x82, 1, 0});
                  Odd.wait(in);
                }),
            "welcome welcome_missing protocol 22"),
        way(
            "Drawbridge that never says welcome",
            drawbridge((in, out) -> Odd.wait(in)),
            "welcome welcome_timeout protocol 22"));
  }

  /** A server that knows nothing but WebSockets. */
  private static Odd.Manners upgradesAlone(Odd.Manners others, Odd.Manners frames) {
    return (in, out) -> {
      String head = head(in);
      if (!head.contains("Upgrade: websocket")) {
        others.treat(in, out);
        return;
      }
      say(
          out,
          "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + Odd.accept(head)
              + "\r\n\r\n");
      frames.treat(in, out);
    };
  }

  private static Arguments way(String name, Odd.Manners manners, String fault) {
    return arguments(name, manners, fault);
  }

  /** An answer without a body. */
  private static Odd.Manners refusing(String status, String... headers) {
    String more = Stream.of(headers).map(each -> each + "\r\n").collect(Collectors.joining());
    return answering("HTTP/1.1 " + status + "\r\n" + more + "Content-Length: 0\r\n\r\n");
  }

  /** Discovery as it should be, the subprotocol chosen, nothing at the other routes. */
  private static Odd.Manners drawbridge(Odd.Manners frames) {
    return (in, out) -> {
      Odd.Manners upgrade = websocket(frames);
      PushbackInputStream back = new PushbackInputStream(in, 16_384);
      String head = head(back);
      if (head.startsWith("GET /ws/config")) {
        say(
            out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                + CONFIG.length()
                + "\r\n\r\n"
                + CONFIG);
        return;
      }
      back.unread(head.getBytes(StandardCharsets.ISO_8859_1));
      upgrade.treat(
          back,
          new FilterOutputStream(out) {
            @Override
            public void write(byte[] bytes) throws IOException {
              String text = new String(bytes, StandardCharsets.ISO_8859_1);
              out.write(
                  text.replace(
                          "\r\nSec-WebSocket-Accept",
                          "\r\nSec-WebSocket-Protocol: drawbridge.v1\r\nSec-WebSocket-Accept")
                      .getBytes(StandardCharsets.ISO_8859_1));
            }
          });
    };
  }

  /** Most of the time is waiting, so many are under way at once. */
  @TestFactory
  Stream<DynamicTest> eachIsNamedInTimeByBothPrograms() {
    List<Arguments> rows = manners().toList();
    Map<String, Future<String>> examined = new ConcurrentHashMap<>();
    for (Arguments row : rows) {
      examined.put(
          (String) row.get()[0],
          threads.submit(
              () ->
                  examine(
                      (String) row.get()[0], (Odd.Manners) row.get()[1], (String) row.get()[2])));
    }
    return rows.stream()
        .map(
            row ->
                DynamicTest.dynamicTest(
                    (String) row.get()[0],
                    () ->
                        assertThat(examined.get((String) row.get()[0]).get())
                            .isEqualTo(row.get()[2])));
  }

  private static String examine(String name, Odd.Manners manners, String fault) throws Exception {
    boolean waits = fault.contains("timeout") || name.startsWith("silent");
    try (Odd server = new Odd(manners)) {
      List<String> line = List.of("--timeout", waits ? "2s" : "15s", server.url());
      long start = System.nanoTime();
      try (DoctorRun java = DoctorRun.start(By.JAVA, null, line);
          DoctorRun node = DoctorRun.start(By.NODE, null, line)) {
        DoctorRun.Outcome told = java.await();
        DoctorRun.Outcome other = node.await();

        assertThat(other.shape()).isEqualTo(told.shape());
        assertThat(told.output() + other.output()).doesNotContain("eyJ");
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(25));
        return told.fault();
      }
    }
  }
}
