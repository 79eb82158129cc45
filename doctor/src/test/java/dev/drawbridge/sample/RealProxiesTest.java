package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.doctor.DoctorRun;
import dev.drawbridge.doctor.DoctorRun.By;
import dev.drawbridge.testing.ProxyProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A good server by itself and behind real proxies, set up rightly and wrongly; by both programs.
 */
class RealProxiesTest {
  private static final String ORIGIN = "http://localhost:3000";

  @TempDir static Path folder;

  private static MatrixServer server;

  @BeforeAll
  static void start() {
    By.NODE.present();
    server =
        MatrixServer.start(
            "drawbridge.heartbeat.interval", "1s", "drawbridge.heartbeat.grace", "1s");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static DoctorRun.Outcome both(String url, String... more) {
    return with(MatrixServer.TOKENS.of("alice"), url, more);
  }

  private static DoctorRun.Outcome with(String token, String url, String... more) {
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.add(url);
    try (DoctorRun java = DoctorRun.start(By.JAVA, token, arguments);
        DoctorRun node = DoctorRun.start(By.NODE, token, arguments)) {
      DoctorRun.Outcome told = java.await();
      assertThat(node.await().shape()).isEqualTo(told.shape());
      assertThat(told.output()).doesNotContain("eyJ");
      return told;
    }
  }

  @Test
  void allIsWellWithAGoodServerAndItsHeartbeatIsSeen() {
    DoctorRun.Outcome told = both(server.url(), "--origin", ORIGIN, "--watch", "2500ms");

    assertThat(told.exit()).as(told.output()).isZero();
    assertThat(told.report().path("server").asText()).isEqualTo("drawbridge");
    for (String step :
        List.of(
            "dns tcp discovery preflight token user upgrade welcome echo heartbeat watch drain close"
                .split(" "))) {
      assertThat(told.step(step).path("status").asText()).as(step).isEqualTo("ok");
    }
    assertThat(told.step("user").at("/facts/subject").asText()).isEqualTo("alice");
    assertThat(told.step("heartbeat").at("/facts/pings").asInt()).isPositive();
    assertThat(told.step("token").at("/facts/expiresInMs").asLong()).isPositive();
  }

  @Test
  void withoutAnOriginTheTokenGoesByTheHeader() {
    DoctorRun.Outcome told = both(server.url() + "?page=1");

    assertThat(told.exit()).as(told.output()).isZero();
    assertThat(told.report().path("url").asText()).isEqualTo(server.url());
  }

  /** Many processes in front of one server: a limit of one connection is enough for all steps. */
  @Test
  void oneConnectionAtATimeIsEnough() {
    try (MatrixServer narrow = MatrixServer.start("drawbridge.connections.per.user", "1")) {
      String token = MatrixServer.TOKENS.of("alice");

      DoctorRun.Outcome told = DoctorRun.examine(By.JAVA, token, narrow.url());

      assertThat(told.exit()).as(told.output()).isZero();
    }
  }

  @Test
  void clocksThatAreApartAreToldByTheServersTime() {
    String token =
        MatrixServer.TOKENS.of(
            "alice", Instant.now().minusSeconds(600), Instant.now().minusSeconds(300));

    DoctorRun.Outcome told = DoctorRun.examine(By.JAVA, token, server.url());

    assertThat(told.fault()).isEqualTo("token token_expired token 16");
    assertThat(told.step("token").path("detail").asText()).startsWith("it has expired 5.0 min ago");
    assertThat(told.step("discovery").at("/facts/clockOffsetMs").asLong()).isBetween(-5000L, 5000L);
  }

  @Test
  void theProxiesOfTheGuideAreWell() {
    try (ProxyProcess nginx = ProxyProcess.nginx(Guide.nginx(), server.port());
        ProxyProcess haproxy = ProxyProcess.haproxy(Guide.haproxy(), server.port())) {
      for (ProxyProcess each : List.of(nginx, haproxy)) {
        DoctorRun.Outcome told = both(each.url(), "--origin", ORIGIN);

        assertThat(told.exit()).as(told.output()).isZero();
      }
    }
  }

  /** nginx offers HTTP/2 and no WebSockets by it, which is well. */
  @Test
  void nginxThatSpeaksTlsAndHttp2IsWell() throws Exception {
    certificate();
    String listen =
        "listen 127.0.0.1:8000 ssl http2;\n  ssl_certificate "
            + folder.resolve("cert.pem")
            + ";\n  ssl_certificate_key "
            + folder.resolve("key.pem")
            + ";";
    try (ProxyProcess nginx =
        ProxyProcess.nginx(
            Guide.nginx().replace("listen 127.0.0.1:8000;", listen), server.port())) {
      String url = nginx.url().replace("ws:", "wss:");

      DoctorRun.Outcome told =
          both(url, "--origin", ORIGIN, "--ca-file", folder.resolve("cert.pem").toString());

      assertThat(told.exit()).as(told.output()).isZero();
      assertThat(told.step("tls").at("/facts/alpn").asText()).isEqualTo("h2");
      assertThat(told.step("http2").at("/facts/connectProtocol").asBoolean(true)).isFalse();
    }
  }

  /** By 1.2 the handshake is cut, by 1.3 what comes behind it. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void haproxyThatWantsACertificateOfTheClientIsTold(String version) throws Exception {
    certificate();
    Path both = folder.resolve("both.pem");
    Path own = folder.resolve("cert.pem");
    Files.writeString(both, Files.readString(own) + Files.readString(folder.resolve("key.pem")));
    String configuration =
        "defaults\n mode http\n timeout connect 1s\n timeout client 9s\n timeout server 9s\n"
            + "frontend a\n bind 127.0.0.1:8000 ssl verify required ca-file "
            + own
            + " crt "
            + both
            + " ssl-max-ver "
            + version
            + "\n";
    try (ProxyProcess haproxy = ProxyProcess.haproxy(configuration, server.port())) {
      String url = haproxy.url().replace("ws:", "wss:");

      assertThat(both(url, "--ca-file", own.toString()).fault())
          .isEqualTo("tls tls_client_certificate tls 12");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ssl_client_certificate cert.pem; ssl_verify_client on, discovery tls_client_certificate tls"
        + " 12",
    "ssl_reject_handshake on, tls tls_failed tls 12",
    "large_client_header_buffers 1 1k, token token_too_large token 16",
  })
  void nginxThatRefusesClientsByTlsOrSizeIsTold(String line, String fault) throws Exception {
    certificate();
    String listen =
        "listen 127.0.0.1:8000 ssl; ssl_certificate "
            + folder.resolve("cert.pem")
            + "; ssl_certificate_key "
            + folder.resolve("key.pem")
            + "; client_header_buffer_size 512; "
            + line.replace("cert.pem", folder.resolve("cert.pem").toString())
            + ";";
    try (ProxyProcess nginx =
        ProxyProcess.nginx(
            Guide.nginx().replace("listen 127.0.0.1:8000;", listen), server.port())) {
      String url = nginx.url().replace("ws:", "wss:");
      String token = "x".repeat(3_000);

      assertThat(with(token, url, "--ca-file", folder.resolve("cert.pem").toString()).fault())
          .isEqualTo(fault);
    }
  }

  private static void certificate() throws Exception {
    if (Files.exists(folder.resolve("key.pem"))) {
      return;
    }
    Path store = folder.resolve("store.p12");
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(
        List.of(
            ("-genkeypair -alias a -keyalg EC -dname CN=a -ext san=ip:127.0.0.1 -validity 90"
                    + " -storetype PKCS12 -storepass secret -keystore "
                    + store)
                .split(" ")));
    assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance(store.toFile(), "secret".toCharArray());
    pem("cert.pem", "CERTIFICATE", keys.getCertificate("a").getEncoded());
    PrivateKey key = (PrivateKey) keys.getKey("a", "secret".toCharArray());
    pem("key.pem", "PRIVATE KEY", key.getEncoded());
  }

  private static void pem(String file, String what, byte[] bytes) throws Exception {
    Files.writeString(
        folder.resolve(file),
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(what, Base64.getMimeEncoder().encodeToString(bytes), what));
  }

  @Test
  void aPasswordInFrontOfTheRouteIsTold() throws Exception {
    Path users = Files.writeString(folder.resolve("users"), "");
    try (ProxyProcess nginx =
        ProxyProcess.nginx(
            Guide.nginx()
                .replace(
                    "location / {",
                    "location / { auth_basic x; auth_basic_user_file " + users + ";"),
            server.port())) {
      assertThat(both(nginx.url()).fault()).isEqualTo("upgrade refused_by_other upgrade 20");
    }
  }

  @Test
  void aRedirectToTlsIsTold() {
    try (ProxyProcess nginx =
        ProxyProcess.nginx(
            Guide.nginx()
                .replace(
                    "location / {", "location / { return 301 https://app.example.org$request_uri;"),
            server.port())) {
      DoctorRun.Outcome told = both(nginx.url());

      assertThat(told.fault()).isEqualTo("upgrade redirected discovery 14");
      assertThat(told.step("upgrade").path("detail").asText())
          .isEqualTo("answered 301 to https://app.example.org/ws");
    }
  }

  /** The routes beside the handshake are forgotten, and the handshake works. */
  @Test
  void aProxyThatForwardsTheHandshakeAloneIsAWarning() {
    try (ProxyProcess nginx =
        ProxyProcess.nginx(
            Guide.nginx().replace("location / {", "location / { return 404; }\n  location = /ws {"),
            server.port())) {
      DoctorRun.Outcome told = both(nginx.url());

      assertThat(told.exit()).as(told.output()).isZero();
      assertThat(told.step("discovery").path("code").asText()).isEqualTo("discovery_missing");
    }
  }
}
