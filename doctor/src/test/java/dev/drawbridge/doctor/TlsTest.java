package dev.drawbridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.doctor.DoctorRun.By;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
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
import org.junit.jupiter.params.provider.ValueSource;

/** A WebSocket server of others, plain, by TLS with certificates of all kinds, and by HTTP/2. */
class TlsTest {
  @TempDir static Path folder;

  private static final String PASSWORD = "secret";
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
    listen("wants", keys("good"), false, tls -> tls.setNeedClientAuth(true));
    listen(
        "wants12",
        keys("good"),
        false,
        tls -> {
          tls.setNeedClientAuth(true);
          tls.setIncludeProtocols("TLSv1.2");
        });
    listen("named", keys("good"), false, tls -> tls.setSniRequired(true));
    listen("chain", crossSigned(), false, tls -> {});
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
    keytool(name, "-genkeypair -alias " + name + " -keyalg EC -dname CN=" + name + " " + options);
    KeyStore keys = keys(name);
    pem(name, keys.getCertificate(name));
    listen(name, keys, http2, tls -> {});
  }

  private static KeyStore keys(String name) throws Exception {
    return KeyStore.getInstance(folder.resolve(name + ".p12").toFile(), PASSWORD.toCharArray());
  }

  private static void pem(String name, Certificate certificate) throws Exception {
    String text = Base64.getMimeEncoder().encodeToString(certificate.getEncoded());
    Files.writeString(
        pem(name), "-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----\n");
  }

  private static void listen(
      String name, KeyStore keys, boolean http2, Consumer<SslContextFactory.Server> more) {
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setKeyStore(keys);
    tls.setKeyStorePassword(PASSWORD);
    more.accept(tls);
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

  /** The authority's certificate in the chain has expired; another one of the same key has not. */
  private static KeyStore crossSigned() throws Exception {
    keytool("chain", "-genkeypair -alias ca -keyalg EC -dname CN=ca -ext bc:c -validity 90");
    keytool(
        "chain",
        "-genkeypair -alias leaf -signer ca -keyalg EC -dname CN=leaf -ext san=ip:127.0.0.1"
            + " -validity 90");
    pem("chain", keys("chain").getCertificate("ca"));
    keytool("chain", "-selfcert -alias ca -startdate -20d -validity 10 -ext bc:c");
    KeyStore keys = keys("chain");
    Certificate[] chain = {keys.getCertificate("leaf"), keys.getCertificate("ca")};
    keys.setKeyEntry(
        "leaf", keys.getKey("leaf", PASSWORD.toCharArray()), PASSWORD.toCharArray(), chain);
    keys.deleteEntry("ca");
    return keys;
  }

  private static Path pem(String name) {
    return folder.resolve(name + ".pem");
  }

  private static void keytool(String store, String line) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                folder.resolve(store + ".p12").toString()));
    command.addAll(1, List.of(line.split(" ")));
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

  @ParameterizedTest
  @ValueSource(strings = {"wants", "wants12"})
  void whoWantsACertificateOfTheClientIsTold(String port) {
    DoctorRun.Outcome told = both("--ca-file", pem("good").toString(), url("wss", port));

    assertThat(told.fault()).isEqualTo("tls tls_client_certificate tls 12");
  }

  /** As browsers do; names of containers have no dot. */
  @Test
  void aNameWithoutADotIsNamedToTheServer() {
    String url = url("wss", "named").replace("127.0.0.1", "localhost");

    DoctorRun.Outcome told = both("--ca-file", pem("good").toString(), url);

    assertThat(told.exit()).as(told.output()).isZero();
  }

  /** One of several servers, or the one behind a CDN. */
  @Test
  void anAddressMayBeGivenInPlaceOfDns() {
    String url = url("wss", "named").replace("127.0.0.1", "app.invalid");

    DoctorRun.Outcome told =
        both("--connect-to", "127.0.0.1", "--ca-file", pem("good").toString(), url);

    assertThat(told.fault()).as(told.output()).startsWith("tls ");
    assertThat(told.step("tcp").path("status").asText()).isEqualTo("ok");
  }

  /** Browsers find the way to the authority past it. */
  @Test
  void anExpiredCertificateThatNobodyNeedsIsNoFault() {
    DoctorRun.Outcome told = both("--ca-file", pem("chain").toString(), url("wss", "chain"));

    assertThat(told.exit()).as(told.output()).isZero();
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
    DoctorRun.Outcome told = both("--watch=1s", url("ws", "plain"));

    assertThat(told.exit()).as(told.output()).isZero();
    assertThat(told.report().path("server").asText()).isEqualTo("foreign");
    assertThat(told.step("discovery").path("code").asText()).isEqualTo("discovery_missing");
    assertThat(told.step("echo").path("status").asText()).isEqualTo("ok");
    assertThat(told.step("watch").at("/facts/heldMs").asInt()).isGreaterThanOrEqualTo(1_000);
    assertThat(told.step("watch").path("ms").asInt()).isGreaterThanOrEqualTo(1_000);
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
