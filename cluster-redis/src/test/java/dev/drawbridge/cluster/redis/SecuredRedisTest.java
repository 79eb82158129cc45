package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Redis behind a password, an access control list, TLS: right ones work, wrong ones are named. */
class SecuredRedisTest {
  @TempDir private Path folder;

  private static void carriesAMessage(TestNode node) throws Exception {
    try (RecordingClient client = node.client("alice")) {
      client.subscribe("room:1");
      node.channels()
          .publish("room:1", "chat.message", Map.of("n", 1))
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
      assertThat(client.expect("chat.message").data().path("n").asInt()).isEqualTo(1);
    }
  }

  @Test
  void aUserWhoMayTouchTheDeploymentsKeysAloneIsEnough() throws Exception {
    try (RedisProcess redis = RedisProcess.start()) {
      try (Jedis jedis = redis.client()) {
        jedis.aclSetUser(
            "bridge",
            "on",
            ">pa ss@word",
            "~{drawbridge:contract}:*",
            "+@read",
            "+@write",
            "+@scripting",
            "+@connection",
            "+info",
            "+time");
        jedis.aclSetUser("default", "off");
      }
      Path password = Files.writeString(folder.resolve("password"), "pa ss@word\n");

      try (TestNode node =
          RedisNodes.start(
              "redis://127.0.0.1:" + redis.port(),
              "DRAWBRIDGE_CLUSTER_USER",
              "bridge",
              "DRAWBRIDGE_CLUSTER_PASSWORD_FILE",
              password.toString())) {
        eventually("it is up", node::isUp);
        carriesAMessage(node);
      }
    }
  }

  @Test
  void aWrongPasswordIsDownUntilItIsPutRight() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--requirepass", "right")) {
      Path password = Files.writeString(folder.resolve("password"), "wr0ng");

      try (TestNode node =
          RedisNodes.start(
              "redis://127.0.0.1:" + redis.port(),
              "DRAWBRIDGE_CLUSTER_PASSWORD_FILE",
              password.toString())) {
        assertThat(node.health()).contains("\"cluster\":\"down\"").doesNotContain("wr0ng");
        assertThat(whyNot("redis://:wr0ng@127.0.0.1:" + redis.port()))
            .isEqualTo("Redis refuses user and password");
        Files.writeString(password, "right");

        eventually("it is up", node::isUp);
        carriesAMessage(node);
      }
    }
  }

  @Test
  void speaksTlsWithACertificateOfItsOwnAuthority() throws Exception {
    pem();
    int tls = Ports.free();
    try (RedisProcess redis =
        RedisProcess.start(
            "--tls-port",
            "" + tls,
            "--tls-cert-file",
            "" + folder.resolve("cert.pem").toAbsolutePath(),
            "--tls-key-file",
            "" + folder.resolve("key.pem").toAbsolutePath(),
            "--tls-auth-clients",
            "no")) {
      assertThat(redis.port()).isNotEqualTo(tls);
      try (TestNode trusting =
          RedisNodes.start("rediss://localhost:" + tls + "?ca=" + folder.resolve("cert.pem"))) {
        eventually("it is up", trusting::isUp);
        carriesAMessage(trusting);
      }
      assertThat(whyNot("rediss://localhost:" + tls)).contains("certificat");
      assertThat(whyNot("rediss://127.0.0.1:" + tls + "?ca=" + folder.resolve("cert.pem")))
          .as("the name is not the certificate's")
          .contains("127.0.0.1");
    }
  }

  /** What an engine says that cannot reach this address. */
  private static String whyNot(String url) {
    RedisEngine engine = new RedisEngine(new RedisAddress(url));
    try {
      engine.start(new Node("n1", "contract", Duration.ofMinutes(5), 100, 10), new NoSink());
      assertThat(engine.health().state()).isEqualTo(EngineHealth.State.DOWN);
      return String.valueOf(engine.health().reason());
    } finally {
      engine.close();
    }
  }

  /** Nothing may come. */
  private static final class NoSink implements ClusterEngine.Sink {
    @Override
    public void entry(Entry entry) {
      throw new AssertionError("an entry came: " + entry);
    }

    @Override
    public void reset(Head head, ResetReason reason) {
      throw new AssertionError("the log was read: " + head);
    }
  }

  /** A certificate for localhost alone, and its key, as Redis reads them. */
  private void pem() throws Exception {
    Path store = folder.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "redis",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .start();
    keytool.getInputStream().readAllBytes();
    assertThat(keytool.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    write("cert.pem", "CERTIFICATE", keys.getCertificate("redis").getEncoded());
    write("key.pem", "PRIVATE KEY", keys.getKey("redis", "changeit".toCharArray()).getEncoded());
  }

  private void write(String name, String kind, byte[] bytes) throws IOException {
    Files.write(
        folder.resolve(name),
        List.of(
            "-----BEGIN " + kind + "-----",
            Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes),
            "-----END " + kind + "-----"));
  }
}
