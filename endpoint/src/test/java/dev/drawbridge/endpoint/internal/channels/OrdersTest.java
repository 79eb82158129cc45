package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.log.Appender;
import dev.drawbridge.endpoint.internal.channels.log.PublishFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of orders that wait for the engine. */
class OrdersTest {
  private final SteppedEngine.Log log = new SteppedEngine.Log();
  private final SteppedEngine engine = new SteppedEngine(log);
  private final Scene node = new Scene(engine, "a");

  /** Who waits for one order. */
  private static final class Waiting implements ChannelHub.Published {
    private @Nullable Position position;
    private @Nullable PublishFailure failure;

    @Override
    public void at(Position where) {
      position = where;
    }

    @Override
    public void failed(PublishFailure why) {
      failure = why;
    }
  }

  private void open() {
    engine.tailAll();
    node.step();
  }

  private void flow() {
    for (int i = 0; i < 20; i++) {
      node.step();
      engine.tailAll();
    }
    node.step();
  }

  private List<String> types() {
    List<String> types = new ArrayList<>();
    for (long seq = 1; seq <= log.top(); seq++) {
      Entry entry = log.get(seq);
      types.add(entry.type());
    }
    return types;
  }

  @Test
  void aConnectionElsewhereGivesWayWhileTheEngineKeepsUp() {
    open();

    node.hub.orders().replaced("bob", "c9");
    flow();

    assertThat(types()).containsExactly("replaced");
  }

  @Test
  void whoComesBackWhileTheEngineIsAwayOrdersNothing() {
    open();
    engine.state = EngineHealth.State.DOWN;
    for (int i = 0; i < 3 * Appender.MAX_CONTROLS; i++) {
      node.hub.orders().replaced("u" + i, "c" + i);
    }
    Waiting disconnected = new Waiting();
    node.hub.orders().disconnect("eve", "FORBIDDEN", disconnected);
    engine.state = EngineHealth.State.UP;
    flow();

    assertThat(types()).containsExactly("disconnect");
    assertThat(disconnected.position).isNotNull();
  }

  @Test
  void manyThatComeBackTakeNoRoomOfOrders() {
    open();
    Waiting unsubscribed = new Waiting();
    node.hub.orders().unsubscribe("eve", "room:", unsubscribed);
    for (int i = 0; i < 3 * Appender.MAX_CONTROLS; i++) {
      node.hub.orders().replaced("u" + i, "c" + i);
    }
    flow();

    assertThat(types()).startsWith("unsubscribe").doesNotContain("everything");
    assertThat(unsubscribed.position).isNotNull();
  }

  @Test
  void whoComesBackIsForgottenAfterTheTimeOfAMessageAndAtAnotherPlaceOfTheLog() {
    open();
    node.hub.orders().replaced("bob", "c1");
    node.hub.appender().expire(System.nanoTime() + TimeUnit.SECONDS.toNanos(3));
    node.hub.orders().replaced("bob", "c2");
    log.loseEverything();
    engine.tailAll();
    node.step();
    flow();

    assertThat(types()).isEmpty();
    assertThat(node.hub.appender().pending()).isZero();
  }

  @Test
  void ordersThatNobodyWaitsForMakeWayForThoseOfTheApplication() {
    Waiting disconnected = new Waiting();
    node.hub.orders().disconnect("eve", "FORBIDDEN", disconnected);
    for (int i = 0; i < Appender.MAX_CONTROLS; i++) {
      node.hub.orders().invalidated("u" + i);
    }
    open();
    flow();

    assertThat(types()).containsExactly("disconnect", "everything");
    assertThat(disconnected.position).isNotNull();
  }

  @Test
  void whoseOrderIsNotInTheLogIsToldSo() {
    List<Waiting> all = new ArrayList<>();
    for (int i = 0; i <= Appender.MAX_CONTROLS; i++) {
      Waiting one = new Waiting();
      all.add(one);
      node.hub.orders().disconnect("u" + i, "FORBIDDEN", one);
    }
    Waiting after = new Waiting();
    node.hub.orders().disconnect("eve", "FORBIDDEN", after);
    open();
    flow();

    assertThat(all).allMatch(one -> one.failure == PublishFailure.FULL && one.position == null);
    assertThat(types()).containsExactly("everything", "disconnect");
    assertThat(after.position).isNotNull();
  }
}
