package dev.drawbridge.endpoint.internal.channels.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.EntriesRefused;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.Roster;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** An engine that can take some entries of a batch never, and has taken the others. */
class RefusedEntriesTest {
  private static final Position TAILED = new Position("abcdefgh", 0);

  private final Refusing engine = new Refusing();
  private final Appender appender = new Appender(engine, "a", 100, () -> TAILED);
  private final List<String> outcomes = new ArrayList<>();

  /** Refuses what is "bad". */
  private static final class Refusing implements ClusterEngine {
    private final List<Entry> taken = new ArrayList<>();

    @Override
    public String name() {
      return "refusing";
    }

    @Override
    public void start(Node node, Sink sink) {
      // The test tails by itself.
    }

    @Override
    public void append(List<Entry> batch) throws EngineException {
      batch.stream().filter(one -> !one.type().equals("bad")).forEach(taken::add);
      List<Entry> bad = batch.stream().filter(one -> one.type().equals("bad")).toList();
      if (!bad.isEmpty()) {
        throw new EntriesRefused(
            bad.stream().map(Entry::n).collect(Collectors.toSet()),
            "cannot be stored",
            new IllegalArgumentException());
      }
    }

    @Override
    public Roster roster() {
      throw new UnsupportedOperationException();
    }

    @Override
    public EngineHealth health() {
      throw new UnsupportedOperationException();
    }

    @Override
    public EngineInfo describe() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }

  private void publish(String type) {
    appender.publish(
        Entry.message("room:1", type, "{\"seq\":}", null),
        new Appender.Outcome() {
          @Override
          public void appended(Position position, boolean repeat) {
            outcomes.add(type + " is " + position.seq());
          }

          @Override
          public void failed(PublishFailure failure) {
            outcomes.add(type + " " + failure);
          }
        });
  }

  private void tail() {
    for (Entry draft : engine.taken) {
      appender.tailed(draft.logged(new Position("abcdefgh", draft.n()), 1));
    }
    engine.taken.clear();
  }

  @Test
  void theyFailAtOnceAndTheOthersDoNot() {
    publish("first");
    publish("bad");
    publish("third");

    appender.work(System.nanoTime());

    assertThat(outcomes).containsExactly("bad UNAVAILABLE");
    tail();
    assertThat(outcomes).containsExactly("bad UNAVAILABLE", "first is 1", "third is 3");
  }

  @Test
  void whatComesAfterABatchOfThemGoesOn() {
    publish("bad");
    appender.work(System.nanoTime());
    publish("next");

    appender.work(System.nanoTime());
    tail();

    assertThat(outcomes).containsExactly("bad UNAVAILABLE", "next is 2");
    assertThat(appender.pending()).isZero();
  }
}
