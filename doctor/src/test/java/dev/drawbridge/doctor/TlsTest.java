package dev.drawbridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.doctor.DoctorRun.By;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A WebSocket server of others, plain, by TLS with certificates of all kinds, and by HTTP/2. */
class TlsTest {
  @TempDir static Path folder;

  private static final Server server = new Server();
  private static final Map<String, Integer> ports = new ConcurrentHashMap<>();

  /** Says everything back. Public because Jetty looks for its methods. */
  public static final class Echo extends Session.Listener.AbstractAutoDemanding {
    @Override
    public void onWebSocketText(String message) {
      getSession().sendText(message, Callback.NOOP);
    }
  }

  @BeforeAll
  static void start() throws Exception {
    By.NODE.present();
    ServletContextHandler context = new ServletContextHandler();
    JettyWebSocketServletContainerInitializer.configure(
        context,
        (servletContext, container) ->
            container.addMapping(
                "/ws",
                (request, response) -> {
                  if (request.getSubProtocols().contains("chat")) {
                    response.setAcceptedSubProtocol("chat");
                  }
                  return new Echo();
                }));
    server.setHandler(context);
    ServerConnector plain = new ServerConnector(server);
    plain.setHost("127.0.0.1");
    server.addConnector(plain);
    secure("good", "-ext san=ip:127.0.0.1,dns:localhost -validity 90", false);
    secure("both", "-ext san=ip:127.0.0.1 -validity 90", true);
    secure("soon", "-ext san=ip:127.0.0.1 -validity 5", false);
    secure("expired", "-ext san=ip:127.0.0.1 -startdate -20d -validity 10", false);
    secure("early", "-ext san=ip:127.0.0.1 -startdate +5d -validity 10", false);
    secure("other", "-ext san=dns:other.example -validity 90", false);
    server.start();
    ports.put("plain", plain.getLocalPort());
    for (var each : server.getConnectors()) {
      if (each instanceof ServerConnector connector && connector.getName() != null) {
        ports.put(connector.getName(), connector.getLocalPort());
      }
    }
  }

  @AfterAll
  static void stop() throws Exception {
    server.stop();
  }

  private static void secure(String name, String options, boolean http2) throws Exception {
    Path store = folder.resolve(name + ".p12");
    keytool(
        "-genkeypair -alias "
            + name
            + " -keyalg EC -dname CN="
            + name
            + " "
            + options
            + " -storetype PKCS12 -storepass secret -keystore "
            + store);
    keytool(
        "-exportcert -rfc -alias "
            + name
            + " -storepass secret -keystore "
            + store
            + " -file "
            + pem(name));
    SslContextFactory.Server tls = new SslContextFactory.Server();
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, "secret".toCharArray());
      tls.setKeyStore(keys);
    }
    tls.setKeyStorePassword("secret");
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.addCustomizer(new SecureRequestCustomizer(false));
    HttpConnectionFactory http1 = new HttpConnectionFactory(configuration);
    ServerConnector connector;
    if (http2) {
      HTTP2ServerConnectionFactory h2 = new HTTP2ServerConnectionFactory(configuration);
      ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
      alpn.setDefaultProtocol("http/1.1");
      connector =
          new ServerConnector(server, new SslConnectionFactory(tls, "alpn"), alpn, h2, http1);
    } else {
      connector = new ServerConnector(server, new SslConnectionFactory(tls, "http/1.1"), http1);
    }
    connector.setHost("127.0.0.1");
    connector.setName(name);
    server.addConnector(connector);
  }

  private static Path pem(String name) {
    return folder.resolve(name + ".pem");
  }

  private static void keytool(String line) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(line.split(" ")));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor()).as(line).isZero();
  }

  private static DoctorRun.Outcome both(String... arguments) {
    try (DoctorRun java = DoctorRun.start(By.JAVA, null, List.of(arguments));
        DoctorRun node = DoctorRun.start(By.NODE, null, List.of(arguments))) {
      DoctorRun.Outcome told = java.await();
      assertThat(node.await().shape()).isEqualTo(told.shape());
      return told;
    }
  }

  private static String url(String scheme, String port) {
    return scheme + "://127.0.0.1:" + ports.get(port) + "/ws";
  }

  @ParameterizedTest
  @CsvSource({
    "expired, expired, tls tls_expired tls 12",
    "early, early, tls tls_not_yet_valid tls 12",
    "other, other, tls tls_name_mismatch tls 12",
    "good, other, tls tls_untrusted tls 12",
  })
  void certificatesAreJudgedByDatesNameAndAuthority(String served, String trusted, String fault) {
    DoctorRun.Outcome told = both("--ca-file", pem(trusted).toString(), url("wss", served));

    assertThat(told.fault()).isEqualTo(fault);
  }

  @Test
  void selfSignedOneIsNotTrustedUnlessItIsNamed() {
    assertThat(both(url("wss", "good")).step("tls").path("detail").asText())
        .isEqualTo("it is self-signed");

    DoctorRun.Outcome told = both("--ca-file", pem("good").toString(), url("wss", "good"));

    assertThat(told.exit()).as(told.output()).isZero();
    assertThat(told.step("tls").at("/facts/daysLeft").asInt()).isBetween(88, 90);
  }

  @Test
  void aCertificateThatExpiresSoonIsAWarning() {
    DoctorRun.Outcome told = both("--ca-file", pem("soon").toString(), url("wss", "soon"));

    assertThat(told.exit()).isZero();
    assertThat(told.step("tls").path("code").asText()).isEqualTo("tls_expires_soon");
  }

  @Test
  void tlsSpokenToAPlainPortAndTheReverse() {
    assertThat(both(url("wss", "plain")).fault()).isEqualTo("tls tls_plain tls 12");
    assertThat(both(url("ws", "good")).fault()).isEqualTo("discovery tls_expected http 13");
  }

  @Test
  void aServerOfOthersIsFollowedAsFarAsItAnswers() {
    DoctorRun.Outcome told = both("--watch", "1s", url("ws", "plain"));

    assertThat(told.exit()).as(told.output()).isZero();
    assertThat(told.report().path("server").asText()).isEqualTo("foreign");
    assertThat(told.step("discovery").path("code").asText()).isEqualTo("discovery_missing");
    assertThat(told.step("echo").path("status").asText()).isEqualTo("ok");
    assertThat(told.step("watch").at("/facts/heldMs").asInt()).isGreaterThanOrEqualTo(1_000);
    assertThat(told.step("close").path("status").asText()).isEqualTo("ok");
  }

  @Test
  void aSubprotocolThatTheServerWantsIsOffered() {
    DoctorRun.Outcome told = both("--protocol", "chat", url("ws", "plain"));

    assertThat(told.step("upgrade").at("/facts/subprotocol").asText()).isEqualTo("chat");
  }

  @Test
  void http2CarriesAWebSocketByExtendedConnect() {
    DoctorRun.Outcome told = both("--ca-file", pem("both").toString(), url("wss", "both"));

    assertThat(told.exit()).as(told.output()).isZero();
    assertThat(told.step("tls").at("/facts/alpn").asText()).isEqualTo("h2");
    assertThat(told.step("http2").path("detail").asText())
        .isEqualTo("extended CONNECT opens a WebSocket");
  }

  @Test
  void whatRefusesAnUpgradeIsNamedAlikeOverHttp2() {
    DoctorRun.Outcome told =
        both("--ca-file", pem("both").toString(), url("wss", "both") + "/nowhere");

    assertThat(told.fault()).as(told.output()).isEqualTo("http2 path_wrong discovery 14");
  }

  @Test
  void anAddressOnWhichNobodyListensIsAWarning() {
    DoctorRun.Outcome told = both("ws://localhost:" + ports.get("plain") + "/ws");

    assertThat(told.exit()).as(told.output()).isZero();
    long addresses = told.step("dns").at("/facts/addresses").size();
    assertThat(told.step("tcp").path("status").asText())
        .isEqualTo(addresses > 1 ? "warning" : "ok");
  }
}
