package dev.drawbridge.endpoint.internal.metrics;

import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports to a registry of Micrometer. Thread-safe; loaded only where Micrometer is present.
 *
 * <p>Every label has a bounded set of values: codes of PROTOCOL.md, types that are registered, and
 * at most {@value #MAX_APPLICATION_TYPES} that the application sends. None names a user.
 */
final class MicrometerMetrics implements EndpointMetrics, AutoCloseable {
  /** Types of the application's own frames that are told apart: {@value}. */
  static final int MAX_APPLICATION_TYPES = 100;

  private static final Logger log = LoggerFactory.getLogger(MicrometerMetrics.class);
  private static final String NONE = "none";
  private static final String OTHER = "other";

  /** From a handshake on one machine to a database that is asleep. */
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(5),
    Duration.ofMillis(20),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(2),
    Duration.ofSeconds(10)
  };

  /** From a page that reloads to one that stays open for days. */
  private static final Duration[] AGES = {
    Duration.ofSeconds(1),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofMinutes(1),
    Duration.ofMinutes(2),
    Duration.ofMinutes(5),
    Duration.ofMinutes(15),
    Duration.ofHours(1),
    Duration.ofHours(8),
    Duration.ofDays(1)
  };

  private static final Attempt.Stage[] STAGES = Attempt.Stage.values();

  private final MeterRegistry registry;
  private final Tags tags;
  private final @Nullable Supplier<String> scrape;
  private final @Nullable Runnable closeRegistry;

  /** Kept here: the meters themselves hold them weakly. */
  private final EndpointGauges endpointGauges;

  private final ChannelGauges channelGauges;
  private final UserGauges userGauges;

  private final Timer publishes;

  /** What we have registered, to take it out again. */
  private final Set<Meter> ours = ConcurrentHashMap.newKeySet();

  /** By name and labels: Micrometer's own lookup would build its key each time. */
  private final Map<List<String>, Counter> counters = new ConcurrentHashMap<>();

  private final Map<List<String>, Timer> timers = new ConcurrentHashMap<>();
  private final Map<String, Count> applicationTypes = new ConcurrentHashMap<>();

  MicrometerMetrics(
      MeterRegistry registry,
      String contextPath,
      DrawbridgeRuntime runtime,
      Supplier<List<Figures>> endpoints,
      @Nullable Supplier<String> scrape,
      @Nullable Runnable closeRegistry) {
    this.registry = registry;
    this.tags = Tags.of("context", contextPath.isEmpty() ? "/" : contextPath);
    this.scrape = scrape;
    this.closeRegistry = closeRegistry;
    this.endpointGauges = new EndpointGauges(this, endpoints);
    this.channelGauges = new ChannelGauges(this, endpoints);
    this.userGauges = new UserGauges(this, runtime);
    endpointGauges.register();
    channelGauges.register();
    userGauges.register();
    this.publishes =
        timer("drawbridge.publish.duration", "Time from a publish to its place in the log");
  }

  /**
   * Reports to the application's registry.
   *
   * @param scraped whether it may be read by our route
   * @return null when it is none that we know
   */
  static @Nullable MicrometerMetrics over(
      Object given,
      String contextPath,
      DrawbridgeRuntime runtime,
      Supplier<List<Figures>> endpoints,
      boolean scraped) {
    if (!(given instanceof MeterRegistry registry)) {
      log.warn(
          "the context attribute {} holds a {} of another class loader; nothing is measured",
          SharedMetrics.REGISTRY,
          given.getClass().getName());
      return null;
    }
    return new MicrometerMetrics(
        registry, contextPath, runtime, endpoints, scraped ? scrapeOf(registry) : null, null);
  }

  private static @Nullable Supplier<String> scrapeOf(MeterRegistry registry) {
    try {
      return PrometheusMetrics.scrapeOf(registry);
    } catch (LinkageError e) {
      // Micrometer is here, its registry for Prometheus is not.
      log.debug("no registry for Prometheus", e);
      return null;
    }
  }

  @Override
  public void serves(String way) {
    add(
        all ->
            Gauge.builder("drawbridge.transport", () -> 1)
                    .description("Which way frames go through the container")
                    .tags(all)
                    .tag("way", way)
                ::register);
  }

  @Override
  public TypeMeters type(String type) {
    Map<TypeMeters.Outcome, Timer> times = new EnumMap<>(TypeMeters.Outcome.class);
    for (TypeMeters.Outcome outcome : TypeMeters.Outcome.values()) {
      times.put(
          outcome,
          timer(
              "drawbridge.handler.duration",
              "Time from the start of a handler to its result",
              "type",
              type,
              "outcome",
              outcome.name().toLowerCase(Locale.ROOT)));
    }
    return new Meters(received(type), times);
  }

  private record Meters(Count count, Map<TypeMeters.Outcome, Timer> times) implements TypeMeters {
    @Override
    public void received() {
      count.add();
    }

    @Override
    public void handled(Outcome outcome, long startedNanos) {
      Timer time = times.get(outcome);
      if (time != null) {
        time.record(System.nanoTime() - startedNanos, TimeUnit.NANOSECONDS);
      }
    }
  }

  @Override
  public Count received(String type) {
    return frames(type, "received");
  }

  @Override
  public Count sent(String type) {
    return frames(type, "sent");
  }

  @Override
  public Count sentByApplication(String type) {
    Count known = applicationTypes.get(type);
    if (known != null) {
      return known;
    }
    String name = applicationTypes.size() < MAX_APPLICATION_TYPES ? type : OTHER;
    return name.equals(OTHER)
        ? frames(OTHER, "sent")
        : applicationTypes.computeIfAbsent(type, this::sent);
  }

  private Count frames(String type, String direction) {
    return counter(
            "drawbridge.frames",
            "Text messages of the protocol",
            "type",
            type,
            "direction",
            direction)
        ::increment;
  }

  @Override
  public void error(String code) {
    counter("drawbridge.errors", "Error frames sent", "code", Codes.error(code)).increment();
  }

  @Override
  public void closed(int code, String initiator, long ageNanos) {
    counter(
            "drawbridge.closes",
            "Connections that ended",
            "code",
            Codes.close(code),
            "initiator",
            initiator)
        .increment();
    timer(AGES, "drawbridge.connection.duration", "Age of connections when they ended")
        .record(ageNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void handshake(Attempt attempt) {
    String transport = attempt.transport();
    counter(
            "drawbridge.handshakes",
            "Handshakes, by what became of them",
            "code",
            attempt.code(),
            "transport",
            transport == null ? NONE : transport)
        .increment();
    int before = 0;
    for (Attempt.Stage stage : STAGES) {
      int micros = stage == Attempt.Stage.RECEIVED ? -1 : attempt.microsTo(stage);
      if (micros >= 0) {
        timer(
                "drawbridge.handshake.stage.duration",
                "Time that handshakes spend to reach a stage from the one before",
                "stage",
                stage.word())
            .record(Math.max(0, micros - before), TimeUnit.MICROSECONDS);
        before = micros;
      }
    }
    timer(
            "drawbridge.handshake.duration",
            "Time from the first filter to the welcome or the refusal",
            "outcome",
            attempt.code().equals(Attempt.OK) ? "ok" : "refused")
        .record(before, TimeUnit.MICROSECONDS);
  }

  @Override
  public void published(long startedNanos) {
    publishes.record(System.nanoTime() - startedNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public @Nullable String scrape() {
    return scrape == null ? null : scrape.get();
  }

  @Override
  public String whyNoScrape() {
    return "the application's MeterRegistry is a "
        + registry.getClass().getSimpleName()
        + "; this route reads a PrometheusMeterRegistry alone";
  }

  /** A meter of ours with the labels of the web application. */
  <T extends Meter> T add(Function<Tags, Function<MeterRegistry, T>> builder) {
    T meter = builder.apply(tags).apply(registry);
    ours.add(meter);
    return meter;
  }

  private Counter counter(String name, String description, String... labels) {
    return counters.computeIfAbsent(
        key(name, labels),
        missing ->
            add(
                all ->
                    Counter.builder(name).description(description).tags(all).tags(labels)
                        ::register));
  }

  private Timer timer(String name, String description, String... labels) {
    return timer(BUCKETS, name, description, labels);
  }

  private Timer timer(Duration[] buckets, String name, String description, String... labels) {
    return timers.computeIfAbsent(
        key(name, labels),
        missing ->
            add(
                all ->
                    Timer.builder(name)
                            .description(description)
                            .tags(all)
                            .tags(labels)
                            .serviceLevelObjectives(buckets)
                        ::register));
  }

  private static List<String> key(String name, String... labels) {
    return switch (labels.length) {
      case 0 -> List.of(name);
      case 2 -> List.of(name, labels[1]);
      default -> List.of(name, labels[1], labels[3]);
    };
  }

  /** Takes our meters out of the registry. */
  @Override
  public void close() {
    ours.forEach(registry::remove);
    ours.clear();
    if (closeRegistry != null) {
      closeRegistry.run();
    }
  }
}
