package dev.drawbridge.cluster.redis.servers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.cluster.redis.servers.LogReader.Message;
import dev.drawbridge.cluster.redis.servers.Page.Outcome;
import dev.drawbridge.cluster.redis.servers.Page.Publish;
import dev.drawbridge.cluster.redis.servers.Page.Return;
import dev.drawbridge.endpoint.cluster.Position;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A bad quarter of a minute of a deployment of four servers, each a process: one is killed, one
 * frozen past its lease and woken, one loses its network to Redis, two are replaced, and at last
 * Redis dies, while many pages publish and read. Then what each of them saw is compared with the
 * log.
 *
 * <p>{@code -Dservers.clients=2000 -Dservers.seconds=300} make it larger and longer: after the
 * first round, a server is killed and replaced each ten seconds. {@code .rate} is publishes in a
 * second of all, {@code .seed} another throw.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManyServersTest {
  private static final int CLIENTS = Integer.getInteger("servers.clients", 200);
  private static final int SECONDS = Integer.getInteger("servers.seconds", 20);
  private static final int RATE = Integer.getInteger("servers.rate", 60);
  private static final long SEED = Long.getLong("servers.seed", 23);
  private static final int ROOMS = Math.max(20, CLIENTS / 10);
  private static final int ROOMS_EACH = 5;

  /**
   * Longer than a machine with other work may stop for, and at 2,000 pages not most of the work.
   */
  private static final int BEAT_SECONDS = Math.max(3, CLIENTS / 400);

  private static final int SILENCE_MS = BEAT_SECONDS * 2_500;

  /** Longer than any server sleeps here. */
  private static final int PATIENT_MS = 60_000;

  private static final long RESUME_MS = 5_000;
  private static final long PRESENCE_MS = 20_000;

  private final Map<String, Object> figures = new LinkedHashMap<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final List<Page> pages = new ArrayList<>();

  /** And when. */
  private final Map<ServerProcess, Long> killed = new HashMap<>();

  private final List<ServerProcess> drained = new ArrayList<>();

  /** Pages that wait for a frozen server, and those that do not. */
  private List<Page> patient = List.of();

  private Deployment deployment;
  private LogReader log;
  private ServerProcess frozen;
  private ServerProcess cutOff;
  private ServerProcess healthy;

  /** When the network to Redis was cut, and when it was back. */
  private long cutNanos;

  private long uncutNanos;
  private long presenceMillis;
  private long backMillis;
  private boolean forgotten;
  private Position beforeRedisDied;
  private Position end;

  @BeforeAll
  void live() throws Exception {
    deployment =
        new Deployment(
            List.of(
                "drawbridge.connections.per.user",
                "0",
                "drawbridge.connections.max",
                "100000",
                "drawbridge.heartbeat.interval",
                BEAT_SECONDS + "s",
                "drawbridge.heartbeat.grace",
                BEAT_SECONDS + "s",
                "drawbridge.resume.window.messages",
                "100000"));
    ServerProcess a = deployment.start("a");
    ServerProcess b = deployment.start("b");
    healthy = b;
    frozen = deployment.start("c");
    cutOff = deployment.startBehindNetwork("d");
    deployment.open(a, b, frozen, cutOff);
    log = new LogReader(deployment.redis()::client, Deployment.NAME);
    log.start();
    Random random = new Random(SEED);
    for (int i = 0; i < CLIENTS; i++) {
      int number = i;
      // Of each server's pages one in four is patient.
      int silence = i / 4 % 4 == 0 ? PATIENT_MS : SILENCE_MS;
      pages.add(new Page(number, rooms(random), n -> deployment.way(number, n), silence, over));
    }
    pages.forEach(Page::start);
    await("everybody is in", 60_000, () -> pages.stream().allMatch(page -> page.server() != null));
    Thread publisher = new Thread(() -> publish(random), "publisher");
    long began = System.nanoTime();
    publisher.start();

    // A second in which all is well.
    pause(1_000);
    patient = pages.stream().filter(page -> page.server() == frozen && isPatient(page)).toList();
    frozen.freeze(true);
    deployment.shut(frozen);
    cutNanos = System.nanoTime();
    deployment.network().swallow(true);
    deployment.shut(cutOff);
    ServerProcess next = deployment.start("e");
    long died = System.nanoTime();
    kill(a);
    await("all but the patient are back", 30_000, () -> allIn(b, cutOff));
    // Shorter than a lease: it stays a member.
    pause(Math.max(0, 6_000 - millisSince(died)));
    uncutNanos = System.nanoTime();
    deployment.network().swallow(false);
    deployment.network().cut();
    deployment.open(next, cutOff);
    await("who is there is right", PRESENCE_MS + 10_000, () -> presenceIsRight(b));
    presenceMillis = millisSince(died);
    forgotten =
        patient.stream().noneMatch(page -> everybodyIn(b, page.rooms()).contains(page.user()));

    long woken = System.nanoTime();
    frozen.freeze(false);
    deployment.open(frozen);
    await(
        "the patient are back",
        30_000,
        () -> patient.stream().allMatch(page -> page.server() != null));
    await("who is there is right again", 30_000, () -> presenceIsRight(b));
    backMillis = millisSince(woken);

    ServerProcess spare = deployment.start("f");
    deployment.open(spare);
    drain(b);
    drain(cutOff);
    for (int i = 0; millisSince(began) < TimeUnit.SECONDS.toMillis(SECONDS); i++) {
      List<ServerProcess> victims = List.of(next, spare, frozen);
      pause(Math.min(10_000, TimeUnit.SECONDS.toMillis(SECONDS) - millisSince(began)));
      if (i < victims.size()) {
        ServerProcess another = deployment.start("g" + i);
        deployment.open(another);
        kill(victims.get(i));
      }
    }
    beforeRedisDied = log.end();
    await(
        "everybody has come so far",
        30_000 + SILENCE_MS,
        () -> pages.stream().allMatch(page -> page.hasCome(beforeRedisDied)));
    deployment.redis().kill();
    pause(1_000);
    deployment.redis().startAgain();
    await(
        "everybody is in the new log",
        30_000,
        () -> {
          String epoch = log.top().epoch();
          return !epoch.equals(beforeRedisDied.epoch())
              && pages.stream().allMatch(page -> page.isIn(epoch));
        });
    pause(500);
    publishing = false;
    publisher.join();
    figures.put("seconds", millisSince(began) / 1_000);
    settle();
  }

  private volatile boolean publishing = true;

  private boolean isPatient(Page page) {
    return pages.indexOf(page) / 4 % 4 == 0;
  }

  private void kill(ServerProcess server) {
    deployment.shut(server);
    killed.put(server, System.nanoTime());
    server.kill();
  }

  private void drain(ServerProcess server) {
    drained.add(server);
    deployment.shut(server);
    server.drain();
  }

  /** Everybody but the patient stands on one of these, or on the one that came last. */
  private boolean allIn(ServerProcess... servers) {
    Set<ServerProcess> good = Set.of(servers);
    return pages.stream()
        .filter(page -> !patient.contains(page))
        .allMatch(page -> page.server() != null && good.contains(page.server()));
  }

  private static long millisSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  private static void pause(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (end - System.nanoTime() > 0) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }

  private static void await(String fact, long millis, BooleanSupplier holds) {
    long began = System.nanoTime();
    while (!holds.getAsBoolean()) {
      if (millisSince(began) > millis) {
        throw new AssertionError("not within " + millis + " ms: " + fact);
      }
      pause(20);
    }
  }

  private static List<String> rooms(Random random) {
    List<String> rooms =
        new ArrayList<>(IntStream.range(0, ROOMS).mapToObj(i -> "room:" + i).toList());
    Collections.shuffle(rooms, random);
    return rooms.subList(0, ROOMS_EACH);
  }

  /** A steady stream by anybody, half of it with keys. */
  private void publish(Random random) {
    long began = System.nanoTime();
    for (int number = 0; publishing; number++) {
      long due = began + TimeUnit.SECONDS.toNanos(1) * number / RATE;
      LockSupport.parkNanos(Math.max(0, due - System.nanoTime()));
      Page page = pages.get(random.nextInt(CLIENTS));
      boolean unused = page.publish(number, "room:" + random.nextInt(ROOMS), number % 2 == 0);
      if (number % (RATE / 2) == 0) {
        pages.forEach(Page::settle);
      }
    }
  }

  /** What a server says of some rooms is what the pages know of themselves. */
  private boolean presenceIsRight(ServerProcess server) {
    return IntStream.range(0, 4)
        .mapToObj(i -> "room:" + i)
        .allMatch(room -> Deployment.members(server, room).equals(expected(room)));
  }

  private Set<String> expected(String room) {
    return pages.stream()
        .filter(page -> page.rooms().contains(room))
        .filter(page -> page.server() != null && (page.server() != frozen || isAwake()))
        .map(Page::user)
        .collect(Collectors.toSet());
  }

  private boolean isAwake() {
    return forgotten;
  }

  private static Set<String> everybodyIn(ServerProcess server, List<String> rooms) {
    return rooms.stream()
        .flatMap(room -> Deployment.members(server, room).stream())
        .collect(Collectors.toSet());
  }

  private void settle() throws InterruptedException {
    await(
        "each publisher knows what became of each publish",
        30_000,
        () -> pages.stream().allMatch(Page::settle));
    end = log.end();
    await(
        "everybody has come to the end of the log",
        30_000 + SILENCE_MS,
        () -> pages.stream().allMatch(page -> page.hasCome(end)));
    over.countDown();
    for (Page page : pages) {
      page.cut();
      page.join(10_000);
      assertThat(page.isAlive()).isFalse();
    }
    report();
  }

  private void report() {
    figures.put("clients", CLIENTS);
    figures.put("entries", log.topOf(epochs().get(0)) + log.top().seq());
    figures.put("handled", pages.stream().mapToLong(Page::handled).sum());
    List<Publish> publishes = pages.stream().flatMap(page -> page.publishes().stream()).toList();
    for (Outcome outcome : Outcome.values()) {
      figures.put(
          outcome.name().toLowerCase(java.util.Locale.ROOT),
          publishes.stream().filter(publish -> publish.outcome == outcome).count());
    }
    figures.put("returns", returns().size());
    figures.put(
        "returnMs", spread(returns().stream().mapToLong(Return::millis).sorted().toArray()));
    figures.put("replayed", returns().stream().mapToLong(Return::replay).sum());
    figures.put("resyncs", pages.stream().mapToLong(page -> page.resyncs().size()).sum());
    figures.put("presenceMs", presenceMillis);
    figures.put("afterWakingMs", backMillis);
    System.out.println("many servers: " + figures);
  }

  private static String spread(long[] sorted) {
    return sorted.length == 0
        ? "none"
        : "p50 %d, p99 %d, most %d"
            .formatted(
                sorted[sorted.length / 2],
                sorted[(int) (sorted.length * 0.99)],
                sorted[sorted.length - 1]);
  }

  private List<String> epochs() {
    return log.all().stream().map(Message::epoch).distinct().toList();
  }

  private List<Return> returns() {
    return pages.stream().flatMap(page -> page.returns().stream()).toList();
  }

  @AfterAll
  void stop() throws Exception {
    publishing = false;
    over.countDown();
    pages.forEach(Page::cut);
    if (log != null) {
      log.close();
    }
    if (deployment != null) {
      deployment.close();
    }
  }

  @Test
  void whoWasOnAServerThatIsKilledResumesOnAnotherWithinFiveSecondsOfItsHandshake() {
    List<Return> from =
        returns().stream()
            .filter(one -> killed.containsKey(one.from()))
            .filter(one -> one.brokeNanos() - killed.get(one.from()) > 0)
            .toList();

    assertThat(from).hasSizeGreaterThanOrEqualTo(CLIENTS / 5);
    assertThat(from).allMatch(one -> one.to() != one.from() && one.millis() <= RESUME_MS);
  }

  @Test
  void whoIsThereIsRightTwentySecondsAfterAServerHasDied() {
    assertThat(presenceMillis).isPositive().isLessThanOrEqualTo(PRESENCE_MS);
  }

  @Test
  void aServerThatSleepsPastItsLeaseIsForgottenAndItsPagesMissNothingWhenItWakes() {
    assertThat(patient).isNotEmpty();
    assertThat(forgotten).as("its pages count as gone").isTrue();
    assertThat(backMillis).as("and are there again").isLessThanOrEqualTo(PRESENCE_MS);
    assertThat(patient).allMatch(page -> Set.of("epoch_changed").containsAll(page.resyncs()));
  }

  @Test
  void publishersOnAServerWithoutRedisAreToldAndNobodyElseIs() {
    Map<String, List<Publish>> byCode =
        pages.stream()
            .flatMap(page -> page.publishes().stream())
            .filter(publish -> !publish.code.isEmpty())
            .collect(Collectors.groupingBy(publish -> publish.code));

    assertThat(byCode).containsKey("engine_unavailable");
    assertThat(byCode.keySet()).isSubsetOf("engine_unavailable", "publish_unknown");
    assertThat(returns())
        .as("nobody's connection has ended for it")
        .noneMatch(
            one ->
                (one.from() == cutOff || one.from() == healthy)
                    && one.brokeNanos() - cutNanos > 0
                    && uncutNanos - one.brokeNanos() > 0);
    assertThat(resyncs("node_behind")).hasSameSizeAs(resyncsBut("epoch_changed"));
  }

  private List<String> resyncs(String reason) {
    return pages.stream().flatMap(page -> page.resyncs().stream()).filter(reason::equals).toList();
  }

  private List<String> resyncsBut(String reason) {
    return pages.stream()
        .flatMap(page -> page.resyncs().stream())
        .filter(one -> !one.equals(reason))
        .toList();
  }

  @Test
  void aRedisThatIsKilledIsOneResyncForEachRoomOfEachPage() {
    assertThat(epochs()).hasSize(2);
    assertThat(pages)
        .allMatch(
            page -> Collections.frequency(page.resyncs(), "epoch_changed") == page.rooms().size());
  }

  @Test
  void serversThatAreReplacedOneByOneLoseNobody() {
    List<Return> from = returns().stream().filter(one -> drained.contains(one.from())).toList();

    assertThat(from).hasSizeGreaterThanOrEqualTo(CLIENTS / 10);
    assertThat(from).allMatch(one -> one.reason().isEmpty() && one.millis() <= RESUME_MS);
  }

  @Test
  void nobodyMissesAMessageOrGetsOneTwice() {
    Map<String, List<Message>> truth = log.byChannel();

    assertThat(log.all()).hasSizeGreaterThan(RATE * SECONDS / 3);
    for (Page page : pages) {
      page.check(truth, List.of(beforeRedisDied, end), log::topOf);
    }
  }

  @Test
  void eachPublisherKnowsWhatBecameOfEachPublish() {
    Map<Integer, List<Message>> inLog = new HashMap<>();
    log.all()
        .forEach(
            message ->
                inLog.computeIfAbsent(message.number(), n -> new ArrayList<>()).add(message));

    for (Page page : pages) {
      for (Publish publish : page.publishes()) {
        List<Message> found = inLog.getOrDefault(publish.number, List.of());
        switch (publish.outcome) {
          case ACKED -> {
            // A Redis that died may have had more than was read here.
            if (publish.place.seq() <= log.topOf(publish.place.epoch())) {
              assertThat(found)
                  .as("%s is in the log", publish.number)
                  .anyMatch(
                      one ->
                          one.epoch().equals(publish.place.epoch())
                              && one.seq() == publish.place.seq());
            }
            // A key is forgotten with its epoch.
            assertThat(found).extracting(Message::epoch).doesNotHaveDuplicates();
          }
          case REFUSED ->
              assertThat(found).as("%s was refused: %s", publish.number, publish.code).isEmpty();
          case UNKNOWN ->
              assertThat(found).as("%s is unknown", publish.number).hasSizeLessThanOrEqualTo(1);
          default -> throw new AssertionError("no outcome of " + publish.number);
        }
      }
    }
  }
}
