package dev.drawbridge.doctor;

import static dev.drawbridge.doctor.Odd.answering;
import static dev.drawbridge.doctor.Odd.head;
import static dev.drawbridge.doctor.Odd.say;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.doctor.DoctorRun.By;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What proxies, clouds and caches do on the way, named alike by both programs. */
class ProxyFaultsTest {
  private static final String ORIGIN = "https://app.example.org";

  /** No JWS, so that nothing but the token itself can tell what must be hidden. */
  private static final String OPAQUE = "s3cr3t-0123456789abcdef";

  private static final String SECRET_QUERY = "?key=query0123456789abcdef";

  private static final String UPGRADED = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

  private static final ExecutorService threads = Executors.newFixedThreadPool(6);

  @BeforeAll
  static void nodeIsThere() {
    By.NODE.present();
  }

  @AfterAll
  static void stop() {
    threads.shutdownNow();
  }

  /** A case: the server, what is asked, and what is found. */
  private record Case(
      String name,
      Odd.Manners manners,
      String token,
      List<String> line,
      String fault,
      String told) {

    Case with(String token, String... line) {
      return new Case(name, manners, token, List.of(line), fault, told);
    }
  }

  private static Case fault(String name, Odd.Manners manners, String fault, String told) {
    return new Case(name, manners, null, List.of(), fault, told);
  }

  /** Answers of a Drawbridge, which a case changes by the beginning of the request. */
  private static final class Server implements Odd.Manners {
    private final Map<String, String> answers = new TreeMap<>();
    private Odd.Manners frames = (in, out) -> Odd.wait(in);
    private String hundredAndOne = UPGRADED;

    Server() {
      on(
          "GET /ws/config",
          json(
              200,
              "{\"configVersion\":1,\"mode\":\"prod\",\"status\":\"ok\",\"path\":\"../ws\","
                  + "\"diagnose\":\"diagnose\","
                  + "\"auth\":{\"transports\":[\"header\",\"subprotocol\"]}}"));
      on("GET /ws/diagnose", json(200, "{\"code\":\"ok\",\"user\":{\"subject\":\"alice\"}}"));
      on(
          "OPTIONS ",
          "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: "
              + ORIGIN
              + "\r\nAccess-Control-Allow-Headers: authorization\r\n\r\n");
    }

    Server on(String request, String answer) {
      answers.put(request, answer);
      return this;
    }

    Server with101(String headers) {
      hundredAndOne = headers;
      return this;
    }

    Server frames(Odd.Manners then) {
      frames = then;
      return this;
    }

    @Override
    public void treat(InputStream in, OutputStream out) throws IOException {
      String request = head(in);
      for (Map.Entry<String, String> each : answers.entrySet()) {
        if (request.startsWith(each.getKey())) {
          say(out, each.getValue());
          return;
        }
      }
      if (request.contains("Upgrade: websocket")) {
        say(
            out,
            "HTTP/1.1 101 Switching Protocols\r\n"
                + hundredAndOne
                + "Sec-WebSocket-Protocol: drawbridge.v1\r\nSec-WebSocket-Accept: "
                + Odd.accept(request)
                + "\r\n\r\n");
        frames.treat(in, out);
      } else {
        say(out, page(404, ""));
      }
    }
  }

  private static String json(int status, String body, String... headers) {
    return "HTTP/1.1 "
        + status
        + " x\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: "
        + ORIGIN
        + "\r\n"
        + String.join("", Stream.of(headers).map(each -> each + "\r\n").toList())
        + "Content-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String page(int status, String body, String... headers) {
    return "HTTP/1.1 "
        + status
        + " x\r\nContent-Type: text/html\r\n"
        + String.join("", Stream.of(headers).map(each -> each + "\r\n").toList())
        + "Content-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String problem(int status, String code) {
    return json(
        status,
        "{\"type\":\"urn:drawbridge:problem:x\",\"title\":\"No\",\"code\":\"" + code + "\"}");
  }

  private static final String UPGRADE = "GET /ws?";

  private static List<Case> cases() {
    String large = "x".repeat(9_000);
    List<Case> all = new ArrayList<>();
    all.add(
        fault(
                "Authorization is stripped",
                new Server().on("GET /ws/diagnose", problem(401, "token_missing")),
                "token token_lost token 16",
                "it was sent")
            .with(OPAQUE));
    all.add(
        fault(
                "Sec-WebSocket-Protocol is stripped",
                new Server().on(UPGRADE, problem(401, "token_missing")),
                "upgrade token_lost token 16",
                "it was sent")
            .with(OPAQUE, "--origin", ORIGIN));
    all.add(
        fault(
                "Origin is stripped",
                new Server().on(UPGRADE, problem(403, "origin_required")),
                "upgrade origin_lost origin 15",
                "it was sent")
            .with(null, "--origin", ORIGIN));
    all.add(
        fault(
                "431 for the token",
                new Server().on("GET /ws/diagnose", page(431, "", "Server: nginx")),
                "token token_too_large token 16",
                "answered 431 text/html by nginx to a token of 9000 characters")
            .with(large));
    all.add(
        fault(
                "400 for the token",
                new Server()
                    .on("GET /ws/diagnose", page(400, "Request Header Or Cookie Too Large")),
                "token token_too_large token 16",
                "to a token of 23 characters")
            .with(OPAQUE));
    all.add(
        fault(
                "closes for the token",
                new Server().on("GET /ws/diagnose", ""),
                "token token_too_large token 16",
                "closed without an answer to a token of 9000 characters")
            .with(large));
    all.add(
        fault(
            "429 of a gateway",
            new Server().on(UPGRADE, page(429, "", "Server: cloudflare", "Retry-After: 30")),
            "upgrade throttled_by_other limit 18",
            "answered 429 text/html by cloudflare, Retry-After 30"));
    all.add(
        fault(
            "500 of the container",
            new Server().on(UPGRADE, page(500, "")),
            "upgrade upgrade_refused upgrade 20",
            "answered 500"));
    all.add(
        fault(
            "Envoy that was not told of upgrades",
            answering(page(403, "", "Server: envoy")),
            "upgrade upgrade_not_forwarded upgrade 20",
            "by envoy"));
    for (int status : new int[] {504, 521, 530}) {
      all.add(
          fault(
              status + " in front of everything",
              answering(page(status, "", "Server: awselb/2.0")),
              "discovery server_unreachable server 19",
              "by awselb/2.0"));
    }
    all.add(
        fault(
            "nginx that wants a certificate",
            answering(page(400, "No required SSL certificate was sent")),
            "discovery tls_client_certificate tls 12",
            "it says so"));
    all.add(
        fault(
                "the page's address in place of the endpoint's",
                (in, out) -> {
                  String request = head(in);
                  say(out, request.startsWith("GET /ws/config") ? config() : page(200, "<html>"));
                },
                "upgrade path_wrong discovery 14",
                "Drawbridge answers at /ws")
            .with(null, "path=/"));
    all.add(
        fault(
            "Connection is stripped from the 101",
            new Server().with101("Upgrade: websocket\r\n"),
            "upgrade handshake_answer_invalid upgrade 20",
            "101, but Connection is missing"));
    all.add(
        fault(
            "Upgrade is stripped from the 101",
            new Server().with101("Connection: Upgrade\r\n"),
            "upgrade handshake_answer_invalid upgrade 20",
            "101, but Upgrade is missing"));
    all.add(
        fault(
            "an extension that nobody has offered",
            new Server().with101(UPGRADED + "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
            "upgrade handshake_answer_invalid upgrade 20",
            "was not offered and is permessage-deflate"));
    all.add(
        fault(
            "a chunked 101",
            new Server()
                .with101(UPGRADED + "Transfer-Encoding: chunked\r\n")
                .frames((in, out) -> say(out, "2\r\n\u0081\u0000\r\n")),
            "welcome frame_invalid protocol 22",
            "the 101 has Transfer-Encoding chunked"));
    all.add(
        fault(
            "pings without end in place of a welcome",
            new Server()
                .frames(
                    (in, out) -> {
                      while (true) {
                        out.write(new byte[] {(byte) 0x89, 0});
                        out.flush();
                        java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
                      }
                    }),
            "welcome welcome_timeout protocol 22",
            "nothing came"));
    all.add(
        fault(
                "a server of others that chooses no subprotocol",
                Odd.websocket((in, out) -> Odd.wait(in)),
                "upgrade subprotocol_mismatch upgrade 20",
                "none was chosen")
            .with(null, "--protocol", "chat"));
    all.add(
        fault(
                "a server that says the token back",
                new Server()
                    .on(
                        "GET /ws/diagnose",
                        json(
                            401,
                            "{\"type\":\"urn:drawbridge:problem:x\",\"code\":\"token_malformed\","
                                + "\"title\":\"bad "
                                + OPAQUE
                                + " and "
                                + "z".repeat(70)
                                + " "
                                + OPAQUE
                                + "\"}")),
                "token token_malformed token 16",
                "bad [secret] and")
            .with(OPAQUE));
    all.add(
        fault(
                "a server that says the query back",
                answering(page(302, "", "Location: https://u:pw@a/" + SECRET_QUERY.substring(5))),
                "upgrade redirected discovery 14",
                "answered 302 to https://a/[secret]")
            .with(null, "path=/ws" + SECRET_QUERY));
    for (String wrong :
        List.of("Bearer " + OPAQUE, "{\"access_token\":\"" + OPAQUE + "\"}", '"' + OPAQUE + '"')) {
      all.add(
          fault(
                  "a token in " + wrong.charAt(0),
                  new Server().on("GET /ws/diagnose", problem(401, "token_malformed")),
                  "token token_malformed token 16",
                  "the token alone has to stand there")
              .with(wrong));
    }
    return all;
  }

  private static String config() {
    return json(200, "{\"configVersion\":1}");
  }

  @TestFactory
  Stream<DynamicTest> eachIsNamed() {
    Map<String, Future<?>> examined = new TreeMap<>();
    for (Case each : cases()) {
      examined.put(
          each.name(),
          threads.submit(
              () -> {
                examine(each);
                return null;
              }));
    }
    return examined.entrySet().stream()
        .map(each -> DynamicTest.dynamicTest(each.getKey(), () -> each.getValue().get()));
  }

  private static void examine(Case each) throws IOException {
    try (Odd server = new Odd(each.manners())) {
      List<String> line = new ArrayList<>(each.line());
      String url = server.url();
      if (!line.isEmpty() && line.get(0).startsWith("path=")) {
        url = url.replaceAll("/ws$", "") + line.remove(0).substring(5);
      }
      line.addAll(List.of("--timeout", each.fault().contains("timeout") ? "1s" : "15s", url));
      try (DoctorRun java = DoctorRun.start(By.JAVA, each.token(), line);
          DoctorRun node = DoctorRun.start(By.NODE, each.token(), line)) {
        DoctorRun.Outcome told = java.await();

        assertThat(told.fault()).as(told.output()).isEqualTo(each.fault());
        assertThat(told.step(told.report().path("failed").asText()).path("detail").asText())
            .contains(each.told());
        assertThat(node.await().shape()).isEqualTo(told.shape());
        assertThat(told.output() + node.await().output() + told.report() + node.await().report())
            .doesNotContain("s3cr3t", "query0123", "pw@");
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> warningsOfWhatWorksByChance() {
    String cached = json(200, "{\"configVersion\":1,\"serverTime\":1000}", "Age: 3600");
    return Stream.of(
            List.of("discovery", "discovery_cached", "GET /ws/config", cached),
            List.of(
                "preflight",
                "cors_missing",
                "OPTIONS ",
                "HTTP/1.1 204 x\r\nAccess-Control-Allow-Origin: "
                    + ORIGIN
                    + "\r\nAccess-Control-Allow-Origin: "
                    + ORIGIN
                    + "\r\nAccess-Control-Allow-Headers: authorization\r\n\r\n"),
            List.of(
                "preflight",
                "cors_missing",
                "GET /ws/config",
                config().replace("Access-Control-Allow-Origin", "X-Stripped")))
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.get(1) + " " + row.get(2),
                    () -> {
                      try (Odd server = new Odd(new Server().on(row.get(2), row.get(3)))) {
                        List<String> line =
                            List.of("--timeout", "1s", "--origin", ORIGIN, server.url());
                        try (DoctorRun java = DoctorRun.start(By.JAVA, null, line);
                            DoctorRun node = DoctorRun.start(By.NODE, null, line)) {
                          DoctorRun.Outcome told = java.await();

                          assertThat(told.step(row.get(0)).path("code").asText())
                              .isEqualTo(row.get(1));
                          assertThat(told.step("discovery").at("/facts/clockOffsetMs").asLong())
                              .isBetween(-60_000L, 60_000L);
                          assertThat(node.await().shape()).isEqualTo(told.shape());
                        }
                      }
                    }));
  }
}
