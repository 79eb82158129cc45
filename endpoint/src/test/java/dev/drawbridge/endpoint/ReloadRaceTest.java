package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.settings.LiveSettings;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testing.LocalHttp;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Reloads into which something else comes, and what they leave behind. */
@ResourceLock("the log of the settings")
class ReloadRaceTest {
  private static final String FIRST = "a-first-secret-8f2c61d94b7e30a5c6d1";
  private static final String SECOND = "a-second-secret-13e7b9a05d62c8f4a7b2";
  private static final TestTokens FIRST_TOKENS = tokens(FIRST);

  /** A key that nobody has the other half of. */
  private static final String KEYS =
      """
      {"keys":[{"kty":"EC","crv":"P-256","kid":"k1","use":"sig","alg":"ES256",
        "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}
      """;

  @TempDir Path directory;

  private final Map<String, String> settings = new LinkedHashMap<>();

  private static TestTokens tokens(String secret) {
    return new TestTokens(secret, TestTokens.ISSUER, TestTokens.AUDIENCE, Clock.systemUTC());
  }

  /** Those of an application, whose answer a test may hold back. */
  private static final class Held implements Revocations {
    private final AtomicBoolean holds = new AtomicBoolean();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Override
    public boolean isRevoked(String subject, String tokenId, Instant issuedAt) {
      if (holds.compareAndSet(true, false)) {
        asked.countDown();
        await(goOn);
      }
      return false;
    }

    @Override
    public void revoke(String tokenId, Instant expiresAt) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void revokeBefore(String subject, Instant moment) {
      throw new UnsupportedOperationException();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void begin() {
    write("drawbridge.jwt.secret", FIRST);
  }

  /** The keys of the next reload are fetched there, in place of the secret. */
  private void keysAt(String url) {
    write(
        "drawbridge.jwt.secret",
        null,
        "drawbridge.jwt.allow.http",
        "true",
        "drawbridge.jwt.jwks.url",
        url);
  }

  private TestServer.Setup setup() {
    return TestServer.setup()
        .production()
        .unset("drawbridge.jwt.secret")
        .managed()
        .endpoint(builder -> builder.on("echo", JsonNode.class, (data, connection) -> data))
        .set("drawbridge.settings.file", file().toString());
  }

  private Path file() {
    return directory.resolve("drawbridge.properties");
  }

  /** Null takes a name away. */
  private void write(String... namesAndValues) {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      settings.remove(namesAndValues[i]);
      if (namesAndValues[i + 1] != null) {
        settings.put(namesAndValues[i], namesAndValues[i + 1]);
      }
    }
    StringBuilder text = new StringBuilder();
    settings.forEach((key, each) -> text.append(key).append('=').append(each).append('\n'));
    replace(file(), text.toString());
  }

  private void replace(Path file, String text) {
    try {
      Path fresh = Files.writeString(directory.resolve("fresh"), text);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode reload(TestServer server, String... headers) {
    HttpResponse<String> answer = server.post("/ws/reload", "", headers);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return DiagnosticsServer.json(answer);
  }

  @Test
  void tokenThatIsVerifiedWhileItsKeyIsTakenAwayDoesNotOutliveTheReload() {
    Held held = new Held();
    write("drawbridge.jwt.secret", SECOND, "drawbridge.jwt.secret.previous", FIRST);
    try (TestServer server = setup().attribute(Revocations.class.getName(), held).start();
        RecordingClient client =
            RecordingClient.connect(server.uri(), tokens(SECOND).of("alice"))) {
      held.holds.set(true);
      client.send("auth", "a1", Map.of("token", FIRST_TOKENS.of("alice", Duration.ofHours(9))));
      await(held.asked);
      write("drawbridge.jwt.secret.previous", null);

      JsonNode answer = reload(server);
      held.goOn.countDown();

      assertThat(answer.path("closed").asInt()).as("its own token was good still").isZero();
      client.expectError("token_key_unknown");
      assertThat(client.expectClose(4401).reason()).isEqualTo("token_key_unknown");
    }
  }

  @Test
  void fileOfTheManagementTokenIsToldWhenItWasReadAgain() {
    Path token = directory.resolve("token");
    replace(token, "an-operators-secret-77b1d0e4f2");
    try (TestServer server =
        setup()
            .unset("drawbridge.management.token")
            .set("drawbridge.management.token.file", token.toString())
            .start()) {
      replace(token, "another-operators-secret-9c05aa31");

      JsonNode answer = reload(server, "Authorization", "Bearer an-operators-secret-77b1d0e4f2");

      assertThat(answer.at("/changed/0/name").asText())
          .isEqualTo("DRAWBRIDGE_MANAGEMENT_TOKEN_FILE");
      assertThat(answer.at("/changed/0/what").asText()).isEqualTo("read again");
      assertThat(
              server
                  .post("/ws/reload", "", "Authorization", "Bearer an-operators-secret-77b1d0e4f2")
                  .statusCode())
          .isEqualTo(401);
      assertThat(
              reload(server, "Authorization", "Bearer another-operators-secret-9c05aa31")
                  .path("changed"))
          .isEmpty();
    }
  }

  /** Other tests have some of their own at the same time, of another loader. */
  private static List<Thread> keyThreads(ClassLoader... loaders) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("drawbridge-jwks"))
        .filter(thread -> List.of(loaders).contains(thread.getContextClassLoader()))
        .toList();
  }

  /** In a thread of this class loader, as a container starts an application. */
  private static <T> T with(ClassLoader loader, Callable<T> work) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return work.call();
    } finally {
      assertThat(thread.getContextClassLoader()).isSameAs(loader);
      thread.setContextClassLoader(before);
    }
  }

  /** Each is a new address with a key set of its own, so that all is opened anew. */
  @Test
  void manyReloadsLeaveOneThreadOfKeysAndOneBeanAndThreadsHaveTheApplicationsLoader()
      throws Exception {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName pattern = new ObjectName("dev.drawbridge:type=Settings,context=\"/many\",*");
    ObjectName name = new ObjectName("dev.drawbridge:type=Settings,context=\"/many\"");
    try (LocalHttp keys = new LocalHttp();
        URLClassLoader application = new URLClassLoader(new URL[0], getClass().getClassLoader());
        URLClassLoader foreign = new URLClassLoader(new URL[0])) {
      keys.otherwise(LocalHttp.serving(KEYS));
      try (TestServer server = with(application, () -> setup().contextPath("/many").start())) {
        for (int i = 0; i < 50; i++) {
          keysAt(keys.url("/keys-" + i));
          Object told =
              with(foreign, () -> beans.invoke(name, "reload", new Object[0], new String[0]));
          assertThat(told.toString()).contains("DRAWBRIDGE_JWT_JWKS_URL");
        }

        TestServer.await("one is left", () -> keyThreads(application, foreign).size() == 1);
        assertThat(keyThreads(foreign)).isEmpty();
        assertThat(beans.queryNames(pattern, null)).hasSize(1);
        assertThat(server.core().runtime().live().generation()).isEqualTo(51);
      }
      TestServer.await("none is left", () -> keyThreads(application, foreign).isEmpty());
    }
    assertThat(beans.queryNames(pattern, null)).isEmpty();
  }

  @Test
  void stopDoesNotWaitForAKeyServerThatAReloadAsks() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (LocalHttp keys = new LocalHttp();
        CapturedLog log = new CapturedLog("dev.drawbridge.filters.settings", Level.WARN)) {
      LocalHttp.Behaviour silent = keys.silent();
      keys.otherwise(
          exchange -> {
            asked.countDown();
            silent.answer(exchange);
          });
      TestServer server = setup().start();
      keysAt(keys.url("/keys"));
      LiveSettings live = server.core().runtime().live();
      CompletableFuture<LiveSettings.Reload> reload =
          CompletableFuture.supplyAsync(() -> live.reload("a test"));
      await(asked);
      long began = System.nanoTime();

      server.close();

      assertThat(reload).as("the key server is silent still").isNotDone();
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
      keys.die();
      assertThat(reload).failsWithin(Duration.ofSeconds(20));
      assertThat(log.lines())
          .extracting(CapturedLog.Line::message)
          .anyMatch(line -> line.startsWith("Settings not reloaded"));
    }
  }

  /** In the answer, by JMX, in the log. */
  @Test
  void secretsInAddressesAreMaskedWhereverAReloadTells() throws Exception {
    String secret = "s3cr3t-0f-an-url";
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName name = new ObjectName("dev.drawbridge:type=Settings,context=\"/masked\"");
    try (LocalHttp keys = new LocalHttp();
        CapturedLog log = new CapturedLog("dev.drawbridge", Level.DEBUG);
        TestServer server = setup().contextPath("/masked").start();
        TestServer filtered = setup().contextPath("/filtered").cors().start()) {
      keys.otherwise(LocalHttp.serving(KEYS));
      write(
          "drawbridge.jwt.secret",
          null,
          "drawbridge.jwt.allow.http",
          "true",
          "drawbridge.jwt.jwks.url",
          keys.url("/keys") + "?token=" + secret,
          "drawbridge.db.url",
          "jdbc:mariadb://app:" + secret + "@db/app?password=" + secret,
          "drawbridge.cluster.url",
          "rediss://app:" + secret + "@redis:6379",
          "drawbridge.db.password",
          secret);
      StringBuilder told = new StringBuilder(reload(server).toString());
      for (String attribute : List.of("Settings", "NeedsRestart")) {
        told.append(Arrays.toString((String[]) beans.getAttribute(name, attribute)));
      }
      told.append(server.core().runtime().live().settings());
      for (String[] bad :
          new String[][] {
            {"drawbridge.db.url", "mariadb://app:" + secret + "@db/app"},
            {"drawbridge.management.token", secret + " with a blank"},
          }) {
        String good = settings.get(bad[0]);
        write(bad);
        told.append(server.post("/ws/reload", "").body());
        told.append(filtered.post("/ws/reload", "").body());
        write(bad[0], good);
      }

      String address = "https://app:" + secret + "@example.org";
      for (Setting each : Setting.values()) {
        String good = settings.get(each.property());
        write(each.property(), address);
        told.append(server.post("/ws/reload", "").body());
        told.append(filtered.post("/ws/reload", "").body());
        write(each.property(), good);
      }

      assertThat(told.toString())
          .contains("DRAWBRIDGE_JWT_JWKS_URL", "DRAWBRIDGE_DB_URL", "DRAWBRIDGE_CLUSTER_URL")
          .doesNotContain(secret);
      assertThat(log.lines())
          .extracting(CapturedLog.Line::text)
          .noneMatch(line -> line.contains(secret));
    }
  }
}
