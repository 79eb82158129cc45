package dev.drawbridge.endpoint.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.ConnectionClose;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.MessageRefused;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.receive.EndpointDefinition;
import dev.drawbridge.endpoint.internal.send.Receipt;
import dev.drawbridge.endpoint.internal.transport.FakeTransport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Ten thousand runs of send, broadcast, close, tick, read, handle, drain and end, in an order that
 * the seed decides; a step may come in the middle of another, at each call of the transport and
 * wherever a state changes. No frame is lost or told of twice, none comes out of order, nothing is
 * closed twice, nobody is forgotten or left unread.
 *
 * <p>To see a run again: {@code -Dinterleavings.seed=n}.
 */
class InterleavingsTest {
  private static final int RUNS = 10_000;
  private static final int STEPS = 60;
  private static final int PEERS = 3;
  private static final long S = TimeUnit.SECONDS.toNanos(1);
  private static final Logger LOG =
      (Logger) LoggerFactory.getLogger("dev.drawbridge.endpoint.internal");

  /** The run that the handlers belong to: what an endpoint does is costly to make. */
  private static @Nullable Exploration current;

  private static final EndpointDefinition DEFINITION =
      FakeEndpoint.define(
          builder ->
              builder
                  .on("m", JsonNode.class, (data, from) -> current.handle(data, from, "m"))
                  .on("refused", JsonNode.class, (data, from) -> current.handle(data, from, "no"))
                  .on("stage", JsonNode.class, (data, from) -> current.handle(data, from, "stage"))
                  .on("reading", JsonNode.class)
                  .onReadingThread()
                  .handle((data, from) -> current.handle(data, from, "m"))
                  .onOpen(connection -> current.peer(connection).opens++)
                  .onClose((connection, close) -> current.closed(connection, close)));

  @BeforeAll
  static void quiet() {
    LOG.setLevel(Level.ERROR);
  }

  @AfterAll
  static void loud() {
    LOG.setLevel(null);
  }

  @Test
  void noOrderOfStepsLosesAnything() {
    Long only = Long.getLong("interleavings.seed");
    long first = only == null ? 1 : only;
    long last = only == null ? RUNS : only;
    for (long seed = first; seed <= last; seed++) {
      Exploration run = new Exploration(seed);
      current = run;
      run.explore();

      assertThat(run.breaches)
          .as("seed %d: -Dinterleavings.seed=%d; steps %s", seed, seed, run.steps)
          .isEmpty();
    }
  }

  /** One frame of the application, and what became of it. */
  private static final class Sent implements Receipt {
    private final int number;
    private final Exploration run;
    private int told;
    private boolean written;

    private Sent(int number, Exploration run) {
      this.number = number;
      this.run = run;
    }

    @Override
    public void written() {
      told++;
      written = true;
      run.between();
    }

    @Override
    public void failed(String why) {
      told++;
      run.between();
    }

    private boolean isIn(FakeTransport transport) {
      return transport.written.contains(text());
    }

    private String text() {
      return "{\"type\":\"n\",\"data\":" + number + "}";
    }
  }

  /** One connection with both its ends. */
  private static final class Peer {
    private final ServerConnection connection;
    private final FakeTransport transport;
    private final List<Sent> sents = new ArrayList<>();
    private final List<Integer> handled = new ArrayList<>();
    private final int index;
    private int given;
    private int opens;
    private int ends;
    private boolean tried;
    private boolean closeSeen;
    private @Nullable ConnectionClose close;

    private Peer(int index, ServerConnection connection) {
      this.index = index;
      this.connection = connection;
      this.transport = new FakeTransport(connection);
    }
  }

  /** One run. */
  private static final class Exploration {
    private final List<String> breaches = new ArrayList<>();
    private final List<String> steps = new ArrayList<>();
    private final Map<String, Peer> peers = new LinkedHashMap<>();
    private final List<CompletableFuture<Object>> stages = new ArrayList<>();
    private final List<CompletableFuture<?>> deliveries = new ArrayList<>();
    private final FakeEndpoint endpoint = new FakeEndpoint(DEFINITION);
    private final Random random;
    private int depth;
    private boolean ticking;
    private int numbers;

    private Exploration(long seed) {
      // Mixed, because the first draws of neighbouring seeds are alike.
      random = new Random(seed * 0x9E3779B97F4A7C15L);
      endpoint.during = this::between;
    }

    private Peer peer(Connection connection) {
      return peers.get(connection.id());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The queue awaits the stage.
    private Object handle(JsonNode data, Connection from, String kind) {
      peer(from).handled.add(data.asInt());
      between();
      switch (kind) {
        case "no" -> throw new MessageRefused("no", "refused by the test");
        case "stage" -> {
          CompletableFuture<Object> stage = new CompletableFuture<>();
          stages.add(stage);
          return stage;
        }
        default -> {
          return "done";
        }
      }
    }

    private void closed(Connection connection, ConnectionClose close) {
      Peer peer = peer(connection);
      peer.ends++;
      peer.close = close;
      if (peer.opens != 1) {
        breaches.add("told of the end before the beginning: " + connection);
      }
    }

    /** What other threads do in the middle of a step. */
    private void between() {
      if (depth > 0 && depth < 4 && random.nextInt(5) == 0) {
        step();
      }
    }

    private void explore() {
      for (int i = 0; i < STEPS; i++) {
        step();
        peers.values().forEach(this::mindReading);
      }
      finish();
      peers.values().forEach(this::judge);
      if (!endpoint.index.isEmpty()) {
        breaches.add("forgotten in the index");
      }
      if (!endpoint.index.opening().isEmpty() || !endpoint.index.leaving().isEmpty()) {
        breaches.add("forgotten at the opening or at the end");
      }
      if (endpoint.places != 0) {
        breaches.add("places that are taken: " + endpoint.places);
      }
      if (!deliveries.stream().allMatch(CompletableFuture::isDone)) {
        breaches.add("a broadcast without its end");
      }
    }

    private void step() {
      depth++;
      try {
        int kind = random.nextInt(100);
        if (kind < 8 && peers.size() < PEERS && !endpoint.isStopped()) {
          admit();
        } else if (!peers.isEmpty()) {
          act(kind, new ArrayList<>(peers.values()).get(random.nextInt(peers.size())));
        }
      } finally {
        depth--;
      }
    }

    private void admit() {
      note("admit");
      ServerConnection connection = endpoint.admit("user" + random.nextInt(2));
      Peer peer = new Peer(peers.size(), connection);
      peers.put(connection.id(), peer);
      peer.transport.during(() -> inside(peer));
      peer.transport.inline(random.nextInt(3) == 0);
      peer.transport.gathering(random.nextBoolean());
    }

    private void inside(Peer peer) {
      if (peer.transport.closes() > 0 && !peer.closeSeen) {
        peer.closeSeen = true;
        boolean drops = List.of(4510, 4511).contains(peer.transport.closeCode());
        if (!drops) {
          for (Sent sent : peer.sents) {
            if (sent.told == 0 && !sent.isIn(peer.transport)) {
              breaches.add("lost behind a close: " + sent.number);
            }
          }
        }
      }
      between();
    }

    private void act(int kind, Peer peer) {
      if (!peer.tried) {
        open(peer);
      } else if (kind < 22) {
        send(peer);
      } else if (kind < 26) {
        note("broadcast");
        deliveries.add(endpoint.index.all().send("all", 0).toCompletableFuture());
      } else if (kind < 46) {
        note("write " + peer.index);
        peer.transport.writeOne();
      } else if (kind < 64) {
        give(peer);
      } else if (kind < 76) {
        note("handle");
        endpoint.runOne();
      } else if (kind < 80) {
        complete();
      } else if (kind < 84) {
        note("turn " + peer.index);
        peer.transport.turn(random.nextBoolean());
        peer.transport.flush();
      } else if (kind < 92) {
        tick();
      } else if (kind < 95) {
        note("close " + peer.index);
        peer.connection.close(CloseCode.NORMAL, "bye");
      } else if (kind < 98) {
        note("end " + peer.index);
        boolean answers = peer.transport.closes() > 0;
        peer.transport.end(answers ? peer.transport.closeCode() : 1000, Initiator.CLIENT);
      } else if (kind < 99) {
        note("break " + peer.index);
        peer.transport.breakOne();
        peer.transport.end(1006, Initiator.NETWORK);
      } else {
        emptyOut();
      }
    }

    private void emptyOut() {
      int kind = random.nextInt(6);
      if (kind == 0) {
        note("drain");
        deliveries.add(endpoint.index.drain().toCompletableFuture());
      } else if (kind == 1) {
        note("stop");
        endpoint.stop();
      }
    }

    private void open(Peer peer) {
      note("open " + peer.index);
      peer.tried = true;
      peer.transport.open();
    }

    private void send(Peer peer) {
      note("send " + peer.index);
      Sent sent = new Sent(++numbers, this);
      peer.sents.add(sent);
      peer.connection.send(endpoint.frames().application("n", sent.number), sent);
    }

    private void give(Peer peer) {
      int number = peer.given + 1;
      int kind = random.nextInt(6);
      String type = List.of("m", "m", "refused", "stage", "reading", "ping").get(kind);
      String data = type.equals("ping") ? "{\"t\":1}" : Integer.toString(number);
      String id = random.nextBoolean() ? "\"id\":\"i\"," : "";
      boolean wasOpen = peer.connection.isOpen();
      if (wasOpen && peer.transport.isRead() && !type.equals("ping")) {
        peer.given = number;
      }
      note("read " + type + " " + peer.index);
      peer.transport.text("{\"type\":\"" + type + "\"," + id + "\"data\":" + data + "}");
    }

    private void complete() {
      if (!stages.isEmpty()) {
        note("complete");
        stages.remove(random.nextInt(stages.size())).complete("done");
      }
    }

    /** There is one timer. */
    private void tick() {
      if (!ticking) {
        long seconds = List.of(0, 0, 0, 3, 6, 11).get(random.nextInt(6));
        note("tick " + seconds);
        ticking = true;
        endpoint.tick(System.nanoTime() + seconds * S);
        ticking = false;
      }
    }

    private void note(String what) {
      steps.add("  ".repeat(Math.max(0, depth - 1)) + what);
    }

    /** Whoever has room is read, and whoever is closed, so that the answer is seen. */
    private void mindReading(Peer peer) {
      boolean wanted =
          peer.connection.isOpen()
              ? peer.connection.waiting() <= FakeEndpoint.RECEIVE_QUEUE_FRAMES / 2
              : peer.transport.closes() > 0;
      if (wanted
          && !peer.connection.isEnded()
          && !peer.transport.isOver()
          && !peer.transport.isDemanded()) {
        breaches.add("not read any more, after " + steps.size() + " steps");
      }
    }

    /** Everything comes to its end: who is cut by the server sees its end, too. */
    private void finish() {
      if (random.nextBoolean()) {
        endpoint.index.drain();
        endpoint.tick(System.nanoTime());
      }
      peers.values().stream().filter(peer -> !peer.tried).forEach(this::open);
      if (!endpoint.isStopped()) {
        endpoint.stop();
      }
      stages.forEach(stage -> stage.complete("done"));
      drainWork();
      peers.values().forEach(peer -> peer.transport.end(1006, Initiator.NETWORK));
      endpoint.tick(System.nanoTime() + 6 * S);
      stages.forEach(stage -> stage.complete("done"));
      drainWork();
      endpoint.tick(System.nanoTime() + 60 * S);
      drainWork();
      endpoint.tick(System.nanoTime() + 60 * S);
    }

    private void drainWork() {
      while (endpoint.runOne()) {
        stages.forEach(stage -> stage.complete("done"));
      }
    }

    private void judge(Peer peer) {
      peer.transport.breaches.forEach(breach -> breaches.add(peer.connection + ": " + breach));
      int before = 0;
      for (Sent sent : peer.sents) {
        if (sent.told != 1) {
          breaches.add("frame " + sent.number + " was told of " + sent.told + " times");
        }
        int at = peer.transport.written.indexOf(sent.text());
        if (sent.written && at < 0) {
          breaches.add("frame " + sent.number + " is said to be written, and is not");
        }
        if (at >= 0 && at < before) {
          breaches.add("frame " + sent.number + " is out of order");
        }
        before = Math.max(before, at);
      }
      if (!peer.handled.stream().sorted().distinct().toList().equals(peer.handled)) {
        breaches.add("handled out of order: " + peer.handled);
      }
      if (peer.close != null
          && peer.close.initiator() == Initiator.CLIENT
          && peer.handled.size() != peer.given) {
        breaches.add("handled " + peer.handled + " of " + peer.given + " by " + peer.index);
      }
      int expected = endpoint.opened.contains(peer.connection) ? 1 : 0;
      if (peer.opens != expected || peer.ends != expected) {
        breaches.add(
            "told of " + peer.opens + " beginnings and " + peer.ends + " ends, not " + expected);
      }
      if (!peer.connection.isEnded()) {
        breaches.add("not ended: " + peer.connection);
      }
    }
  }
}
