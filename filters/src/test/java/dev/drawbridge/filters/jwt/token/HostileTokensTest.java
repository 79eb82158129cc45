package dev.drawbridge.filters.jwt.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.testing.CapturedLog;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Every attack over a real handshake, with all loggers at TRACE except Jetty's, which prints each
 * request's head by design.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileTokensTest {

  @TempDir Path directory;

  private ServerSocket remoteKeys;
  private final List<String> connections = new ArrayList<>();
  private Thread acceptor;
  private CapturedLog log;
  private Level jettyBefore;

  @BeforeAll
  void listen() throws IOException {
    Logger jetty = (Logger) LoggerFactory.getLogger("org.eclipse.jetty");
    jettyBefore = jetty.getLevel();
    jetty.setLevel(Level.INFO);
    log = new CapturedLog(org.slf4j.Logger.ROOT_LOGGER_NAME, Level.TRACE);
    remoteKeys = new ServerSocket(0);
    acceptor = new Thread(this::accept, "remote-keys");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  @AfterAll
  void close() throws Exception {
    remoteKeys.close();
    acceptor.join();
    log.close();
    ((Logger) LoggerFactory.getLogger("org.eclipse.jetty")).setLevel(jettyBefore);
  }

  private void accept() {
    while (true) {
      try (Socket socket = remoteKeys.accept()) {
        synchronized (connections) {
          connections.add(socket.toString());
        }
      } catch (IOException e) {
        return;
      }
    }
  }

  @Test
  void noAttackOnASecretComesThrough() throws Exception {
    String url = "http://localhost:" + remoteKeys.getLocalPort();

    attack(TestServer.settings(), HostileTokens.onSecret(url), TestTokens.good("alice"));

    synchronized (connections) {
      assertThat(connections).as("connections to the address in jku and x5u").isEmpty();
    }
  }

  @Test
  void noAttackOnAnRsaKeyComesThrough() throws Exception {
    String pem = TestKeys.pem(TestKeys.RSA.getPublic());

    attack(
        withPublicKey(TestKeys.RSA),
        HostileTokens.onRsa(pem),
        TestTokens.token("alice").key("RS256", TestKeys.RSA.getPrivate()).sign());
  }

  @Test
  void noAttackOnCurvesComesThrough() throws Exception {
    for (Map.Entry<SignatureAlgorithm, KeyPair> curve :
        Map.of(
                SignatureAlgorithm.ES256, TestKeys.P256,
                SignatureAlgorithm.ES384, TestKeys.P384,
                SignatureAlgorithm.EdDSA, TestKeys.ED25519)
            .entrySet()) {
      attack(
          withPublicKey(curve.getValue()),
          HostileTokens.onCurve(curve.getKey(), curve.getValue().getPrivate()),
          TestTokens.token("alice")
              .key(curve.getKey().name(), curve.getValue().getPrivate())
              .sign());
    }
  }

  private Map<String, String> withPublicKey(KeyPair pair) throws IOException {
    Path file = Files.createTempFile(directory, "key", ".pem");
    Files.writeString(file, TestKeys.pem(pair.getPublic()));
    Map<String, String> settings = TestServer.settings();
    settings.remove("drawbridge.jwt.secret");
    settings.put("drawbridge.jwt.public.key", file.toString());
    return settings;
  }

  /** Sends all attacks, and in between the good token, which must pass every time. */
  private void attack(Map<String, String> settings, List<HostileTokens.Attack> attacks, String good)
      throws Exception {
    List<String> wrong = new ArrayList<>();
    try (TestServer server = new TestServer(settings).start()) {
      assertThat(server.bearer(good).status()).isEqualTo(101);
      for (HostileTokens.Attack attack : attacks) {
        TestServer.Answer answer = server.raw("/ws", "Authorization: Bearer " + attack.token());
        String expected =
            attack.token().contains(" ") || attack.token().contains(",")
                ? "credentials_malformed"
                : attack.code().word();
        if (!answer.code().equals(expected) || answer.body().contains(HostileTokens.CANARY)) {
          wrong.add(attack + ": " + answer.code() + " instead of " + expected);
        }
      }
      assertThat(server.bearer(good).status()).isEqualTo(101);
      assertThat(wrong).isEmpty();
      assertThat(server.upgrades).hasSize(2);
    }
    assertNothingSecretWasWritten(attacks, good);
  }

  private void assertNothingSecretWasWritten(List<HostileTokens.Attack> attacks, String good) {
    List<String> secrets =
        Stream.concat(attacks.stream().map(HostileTokens.Attack::token), Stream.of(good))
            .flatMap(token -> Stream.of(token.split("\\.", -1)))
            .filter(part -> part.length() >= 24)
            .distinct()
            .collect(Collectors.toCollection(ArrayList::new));
    secrets.add(HostileTokens.CANARY);
    secrets.add(TestTokens.SECRET);
    secrets.add("BEGIN PUBLIC");
    List<CapturedLog.Line> lines = log.lines();
    assertThat(lines).hasSizeGreaterThan(attacks.size());
    for (CapturedLog.Line line : lines) {
      secrets.stream()
          .filter(secret -> line.text().contains(secret))
          .findFirst()
          .ifPresent(secret -> fail("'" + Objects.toString(secret) + "' was written: " + line));
    }
  }
}
