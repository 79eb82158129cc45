package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ClusterEngineFactory;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Settings;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What carries channels is named by a setting, and found on the class path of the application. */
class EngineChoiceTest {
  /** What the last factory was given. */
  private static final AtomicReference<ClusterConfig> GIVEN = new AtomicReference<>();

  private static final AtomicReference<Node> NODE = new AtomicReference<>();

  @TempDir private Path directory;
  private ClassLoader before;

  /** An engine that somebody else wrote. */
  public static class Probe implements ClusterEngineFactory {
    @Override
    public String name() {
      return "probe";
    }

    @Override
    public ClusterEngine create(ClusterConfig config) {
      GIVEN.set(config);
      return new ProbeEngine();
    }
  }

  /** Another one of the same name. */
  public static final class Twin extends Probe {}

  /** One that does not like its configuration. */
  public static final class Picky extends Probe {
    @Override
    public ClusterEngine create(ClusterConfig config) {
      String password;
      try {
        password = config.password();
      } catch (EngineException e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
      throw new IllegalArgumentException(
          "DRAWBRIDGE_CLUSTER_URL must start with probe://, with " + password);
    }
  }

  /** One that falls over. */
  public static final class Faulty extends Probe {
    @Override
    public ClusterEngine create(ClusterConfig config) {
      throw new IllegalStateException("password s3cret at " + config.url());
    }
  }

  /** One that makes nothing. */
  public static final class Empty extends Probe {
    @Override
    @SuppressWarnings("NullAway")
    public ClusterEngine create(ClusterConfig config) {
      return null;
    }
  }

  /** One whose jar lacks something. */
  public static final class Incomplete extends Probe {
    public Incomplete() {
      throw new NoClassDefFoundError("org/example/Driver");
    }
  }

  /** One whose server is away. */
  public static final class Away extends Probe {
    @Override
    public ClusterEngine create(ClusterConfig config) {
      return new ProbeEngine() {
        @Override
        public void start(Node self, Sink sink) {
          NODE.set(self);
        }

        @Override
        public EngineHealth health() {
          return new EngineHealth(
              EngineHealth.State.DOWN, Instant.EPOCH, "connection refused", 0, null);
        }
      };
    }
  }

  /** One that knows this node already. */
  public static final class Doubled extends Probe {
    @Override
    public ClusterEngine create(ClusterConfig config) {
      return new ProbeEngine() {
        @Override
        public void start(Node self, Sink sink) {
          throw new IllegalStateException("a node of this id is there already: " + self.id());
        }
      };
    }
  }

  /** The memory engine by another name. */
  static class ProbeEngine implements ClusterEngine {
    private final MemoryEngine memory = new MemoryEngine();

    @Override
    public String name() {
      return "probe";
    }

    @Override
    public void start(Node self, Sink sink) {
      NODE.set(self);
      memory.start(self, sink);
    }

    @Override
    public void append(List<Entry> batch) throws EngineException {
      memory.append(batch);
    }

    @Override
    public Roster roster() {
      return memory.roster();
    }

    @Override
    public EngineHealth health() {
      return memory.health();
    }

    @Override
    public EngineInfo describe() {
      return memory.describe();
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  @BeforeEach
  void remember() {
    before = Thread.currentThread().getContextClassLoader();
    GIVEN.set(null);
  }

  @AfterEach
  void restore() throws IOException {
    if (Thread.currentThread().getContextClassLoader() instanceof URLClassLoader own
        && own != before) {
      own.close();
    }
    Thread.currentThread().setContextClassLoader(before);
  }

  /** As the jars of these engines would: by the class loader of the web application alone. */
  private void onTheClassPath(Class<?>... factories) throws IOException {
    Path services = Files.createDirectories(directory.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(ClusterEngineFactory.class.getName()),
        Arrays.stream(factories).map(Class::getName).collect(Collectors.joining("\n")));
    Thread.currentThread()
        .setContextClassLoader(new URLClassLoader(new URL[] {directory.toUri().toURL()}, before));
  }

  private static TestServer.Setup named(String engine) {
    return TestServer.setup()
        .set("drawbridge.cluster", engine)
        .set("drawbridge.cluster.name", "shop")
        .endpoint(
            endpoint ->
                endpoint.channel(
                    "room:", rules -> rules.authorize((user, action, names) -> names)));
  }

  /** The sentences of a start that was refused. */
  private static String refusal(TestServer.Setup setup) {
    Throwable failure = catchThrowable(() -> setup.start().close());
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConfigurationException refused) {
        return String.valueOf(refused.getMessage());
      }
    }
    throw new AssertionError("the start was not refused for its configuration", failure);
  }

  @Test
  void theOneThatTheSettingNamesCarriesTheChannels() throws Exception {
    onTheClassPath(Probe.class);
    Path file = Files.writeString(directory.resolve("password"), "s3cret\n");

    try (TestServer server =
            named("probe")
                .set("drawbridge.cluster.url", "probe://user:hidden@host:1234/0")
                .set("drawbridge.cluster.user", "bridge")
                .set("drawbridge.cluster.password.file", file.toString())
                .attribute(Path.class.getName(), directory)
                .start();
        RecordingClient alice = server.connect("alice")) {
      alice.subscribe("room:1");
      Channels.of(server.context().getServletContext()).publish("room:1", "hi", null);

      alice.expect("hi");
      ClusterConfig config = GIVEN.get();
      assertThat(config.engine()).isEqualTo("probe");
      assertThat(config.name()).isEqualTo("shop");
      assertThat(config.user()).isEqualTo("bridge");
      assertThat(config.password()).isEqualTo("s3cret");
      assertThat(config.url()).contains("hidden");
      assertThat(config.brought(Path.class)).contains(directory);
      assertThat(config.brought(String.class)).isEmpty();
      assertThat(config.toString())
          .contains("probe", "shop", "bridge")
          .doesNotContain("hidden")
          .doesNotContain("s3cret");
      assertThat(NODE.get().cluster()).isEqualTo("shop");
      Files.writeString(file, "n3wer");
      assertThat(config.password()).isEqualTo("n3wer");
    }
  }

  @Test
  void aPasswordThatCannotBeReadSaysSoAndNotWhatItWas() {
    ClusterConfig config =
        ClusterConfig.builder("probe", "shop").passwordFile(directory.resolve("none")).build();

    assertThat(catchThrowable(config::password))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.outcome()).isEqualTo(EngineException.Outcome.NOT_SENT))
        .hasMessageContaining("DRAWBRIDGE_CLUSTER_PASSWORD_FILE");
  }

  @Test
  void aFactoryInTheServletContextNeedsNoFile() {
    try (TestServer server =
        named("probe").attribute(ClusterEngineFactory.class.getName(), new Probe()).start()) {
      assertThat(GIVEN.get().engine()).isEqualTo("probe");
      assertThat(server.connections().size()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "memory"})
  void withoutAnEngineNothingIsLookedFor(String word) throws Exception {
    onTheClassPath(Incomplete.class);

    try (TestServer server = TestServer.setup().set("drawbridge.cluster", word).start()) {
      assertThat(server.connections().size()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redis | DRAWBRIDGE_CLUSTER=redis needs drawbridge-cluster-redis on the class path",
        "redis | add the dependency dev.drawbridge:drawbridge-cluster-redis with what it brings",
        "redis | Drawbridge cannot start",
        "sql   | DRAWBRIDGE_CLUSTER=sql needs drawbridge-cluster-sql on the class path",
        "other | DRAWBRIDGE_CLUSTER=other names no engine; on the class path there is: none, probe",
        "Redis | did you mean redis?",
        "PROBE | did you mean probe?",
        "None  | did you mean none?",
        "a;b   | DRAWBRIDGE_CLUSTER=a;b names no engine",
      })
  void aNameWithoutAnEngineStopsTheStartAndSaysWhatThereIs(String name, String sentence)
      throws Exception {
    onTheClassPath(Probe.class);

    assertThat(refusal(named(name))).contains(sentence);
  }

  @Test
  void twoOfOneNameStopTheStartAndBothAreNamed() throws Exception {
    onTheClassPath(Probe.class, Twin.class);

    assertThat(refusal(named("probe")))
        .contains("several engines have that name")
        .contains(Probe.class.getName() + ", " + Twin.class.getName())
        .contains("leave one of them");
  }

  @Test
  void theSameOneSeenTwiceIsOne() throws Exception {
    onTheClassPath(Probe.class, Probe.class);

    named("probe").attribute(ClusterEngineFactory.class.getName(), new Probe()).start().close();

    assertThat(GIVEN.get()).isNotNull();
  }

  @Test
  void whatAFactoryDoesNotLikeIsTheRefusalWithoutThePassword() throws Exception {
    onTheClassPath(Picky.class);

    assertThat(refusal(named("probe").set("drawbridge.cluster.password", "s3cret")))
        .contains("DRAWBRIDGE_CLUSTER=probe: DRAWBRIDGE_CLUSTER_URL must start with probe://")
        .doesNotContain("s3cret");
  }

  @Test
  void aFactoryThatFallsOverSaysNothingOfWhatItKnew() throws Exception {
    onTheClassPath(Faulty.class);

    assertThat(
            refusal(
                named("probe")
                    .set("drawbridge.cluster.password", "s3cret")
                    .set("drawbridge.cluster.url", "probe://me:hidden@host")))
        .contains("the engine cannot be made (java.lang.IllegalStateException)")
        .doesNotContain("s3cret")
        .doesNotContain("hidden");
  }

  @Test
  void aFactoryThatMakesNothingStopsTheStart() throws Exception {
    onTheClassPath(Empty.class);

    assertThat(refusal(named("probe"))).contains(Empty.class.getName() + " has made no engine");
  }

  @Test
  void aJarThatLacksSomethingStopsTheStart() throws Exception {
    onTheClassPath(Probe.class, Incomplete.class);

    assertThat(refusal(named("probe")))
        .contains("an engine on the class path cannot be loaded")
        .contains(Incomplete.class.getName());
  }

  @Test
  void anEngineOfTheApplicationAndAnotherNameAreTooMuch() {
    assertThat(refusal(named("redis").attribute(ClusterEngine.class.getName(), new ProbeEngine())))
        .contains("DRAWBRIDGE_CLUSTER=redis, and the application brings the engine probe")
        .contains("keep one");
  }

  @Test
  void anEngineOfTheApplicationMayBeNamed() {
    try (TestServer server =
        named("probe").attribute(ClusterEngine.class.getName(), new ProbeEngine()).start()) {
      assertThat(server.core().channels().awaitOpen(Duration.ofSeconds(10))).isTrue();
    }
  }

  @Test
  void aNodeThatIsThereAlreadyIsNotLetInAndTheSentenceSaysWhatToDo() throws Exception {
    onTheClassPath(Doubled.class);

    assertThat(refusal(named("probe")))
        .contains("a node of this id is there already")
        .contains("start it anew");
  }

  @Test
  void anEngineThatIsAwayStopsNothingUnlessItMust() throws Exception {
    onTheClassPath(Away.class);
    try (TestServer server = named("probe").start();
        RecordingClient alice = server.connect("alice")) {
      // Connections, handlers and local sends go on.
      assertThat(alice.connectionId()).isNotEmpty();
    }

    assertThat(refusal(named("probe").set("drawbridge.cluster.start.mode", "require")))
        .contains("DRAWBRIDGE_CLUSTER_START_MODE=require, and the engine probe was not reached")
        .contains("connection refused")
        .contains("DRAWBRIDGE_CLUSTER_URL");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        " | DRAWBRIDGE_CLUSTER_NAME is required with DRAWBRIDGE_CLUSTER",
        "Shop | DRAWBRIDGE_CLUSTER_NAME must be 1 to 32 characters of a-z 0-9 _ -",
        "1shop | DRAWBRIDGE_CLUSTER_NAME must be",
        "a b | DRAWBRIDGE_CLUSTER_NAME must be",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | DRAWBRIDGE_CLUSTER_NAME must be",
      })
  void aDeploymentNeedsAName(@Nullable String name, String sentence) throws Exception {
    onTheClassPath(Probe.class);
    TestServer.Setup setup = named("probe").unset("drawbridge.cluster.name");
    if (name != null) {
      setup.set("drawbridge.cluster.name", name);
    }

    assertThat(refusal(setup)).contains(sentence);
  }

  @Test
  void whatIsSetForNoEngineIsToldInTheLog() {
    Settings settings =
        Settings.of(
            Map.of(
                "drawbridge.cluster.url",
                "redis://host",
                "drawbridge.cluster.start.mode",
                "require"));

    assertThat(settings.warnings())
        .contains(
            "DRAWBRIDGE_CLUSTER_URL, DRAWBRIDGE_CLUSTER_START_MODE without effect:"
                + " DRAWBRIDGE_CLUSTER names no engine");
  }

  @Test
  void theAddressIsShownWithoutItsPassword() {
    Settings settings =
        Settings.of(
            Map.of(
                "drawbridge.cluster", "probe",
                "drawbridge.cluster.name", "shop",
                "drawbridge.cluster.password", "s3cret",
                "drawbridge.cluster.url", "redis://me:hidden@host:6379/0"));

    assertThat(settings.describe())
        .contains("DRAWBRIDGE_CLUSTER_URL = redis://***")
        .doesNotContain("hidden")
        .doesNotContain("s3cret");
  }

  @Test
  void passwordAndFileAreNotBothSet() throws Exception {
    onTheClassPath(Probe.class);

    assertThat(
            refusal(
                named("probe")
                    .set("drawbridge.cluster.password", "s3cret")
                    .set("drawbridge.cluster.password.file", "/run/secrets/cluster")))
        .contains("DRAWBRIDGE_CLUSTER_PASSWORD and DRAWBRIDGE_CLUSTER_PASSWORD_FILE are both set")
        .doesNotContain("s3cret");
  }
}
