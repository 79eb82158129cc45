package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.log.Appender;
import dev.drawbridge.endpoint.internal.channels.log.PublishFailure;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the log and its writer do for messages that were kept elsewhere. */
class KeptMessagesTest {
  private static final Node NODE = new Node("a", "", Duration.ofMinutes(5), 10, 200);

  /** Keeps what is tailed. */
  private static final class Tailed implements ClusterEngine.Sink {
    private final List<Entry> entries = new ArrayList<>();
    private Position position = new Position("unknown0", 0);

    @Override
    public void entry(Entry entry) {
      entries.add(entry);
      position = new Position(entry.epoch(), entry.seq());
    }

    @Override
    public void reset(Head head, ResetReason reason) {
      position = new Position(head.epoch(), head.top());
    }
  }

  private static Entry draft(String key) {
    return Entry.message("room:1", "chat.message", "{\"seq\":}", key);
  }

  @Test
  void aKeyOfTheOutboxIsKnownForADayUnlessItIsForgotten() throws Exception {
    AtomicLong clock = new AtomicLong();
    MemoryEngine engine = new MemoryEngine(new MemoryLog(100, clock::get));
    Tailed tailed = new Tailed();
    engine.start(NODE, tailed);

    engine.append(List.of(draft("o:1").from(tailed.position, "a", 1)));
    engine.append(List.of(draft("u:1").from(tailed.position, "a", 2)));
    clock.addAndGet(Duration.ofHours(23).toMillis());
    engine.append(List.of(draft("o:1").from(tailed.position, "a", 3)));
    engine.append(List.of(draft("u:1").from(tailed.position, "a", 4)));
    clock.addAndGet(Duration.ofHours(2).toMillis());
    engine.append(List.of(draft("o:1").from(tailed.position, "a", 5)));
    engine.append(List.of(draft("o:1").from(tailed.position, "a", 6)));
    engine.forget(List.of("o:1", "o:2"));
    engine.append(List.of(draft("o:1").from(tailed.position, "a", 7)));

    assertThat(tailed.entries.stream().map(Entry::repeat))
        .containsExactly(0L, 0L, 1L, 0L, 0L, 5L, 0L);
  }

  /** Remembers what became of each. */
  private static final class Fates {
    private final List<String> all = new ArrayList<>();

    List<Appender.Outcome> of(int count) {
      return IntStream.range(0, count)
          .mapToObj(
              i ->
                  (Appender.Outcome)
                      new Appender.Outcome() {
                        @Override
                        public void appended(Position position, boolean repeat) {
                          all.add(i + " appended");
                        }

                        @Override
                        public void failed(PublishFailure failure) {
                          all.add(i + " " + failure);
                        }
                      })
          .toList();
    }
  }

  private static List<Entry> drafts(int count) {
    return IntStream.range(0, count).mapToObj(i -> draft("o:" + i)).toList();
  }

  @Test
  void messagesThatStayTogetherAreTakenAllOrNone() {
    MemoryEngine engine = new MemoryEngine(new MemoryLog(100, () -> 0));
    Tailed tailed = new Tailed();
    engine.start(NODE, tailed);
    Appender appender = new Appender(engine, "a", 3, () -> tailed.position);
    Fates fates = new Fates();

    appender.publish(drafts(4), fates.of(4));
    assertThat(appender.pending()).isZero();
    appender.publish(drafts(3), fates.of(3));

    assertThat(fates.all).containsExactly("0 FULL", "1 FULL", "2 FULL", "3 FULL");
    assertThat(appender.pending()).isEqualTo(3);
  }

  @Test
  void messagesThatStayTogetherAreGivenUpTogether() {
    MemoryEngine engine = new MemoryEngine(new MemoryLog(100, () -> 0));
    Tailed tailed = new Tailed();
    engine.start(NODE, tailed);
    engine.away("out of reach");
    Appender appender = new Appender(engine, "a", 1_000, () -> tailed.position);
    Fates fates = new Fates();

    appender.publish(drafts(300), fates.of(300));
    appender.work(System.nanoTime());
    appender.expire(System.nanoTime() + TimeUnit.SECONDS.toNanos(3));

    assertThat(fates.all)
        .hasSize(300)
        .allSatisfy(fate -> assertThat(fate).endsWith(" UNAVAILABLE"));
    assertThat(appender.pending()).isZero();
  }
}
