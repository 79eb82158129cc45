package dev.drawbridge.endpoint.internal.channels.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.drawbridge.endpoint.cluster.Lease;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.endpoint.internal.channels.presence.Servers.About;
import dev.drawbridge.endpoint.internal.channels.presence.Servers.Server;
import dev.drawbridge.endpoint.internal.channels.presence.Servers.State;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class ServersTest {
  private static final String OTHER =
      "{\"host\":\"two\",\"pid\":7,\"version\":\"1.0\",\"startedAt\":5,\"connections\":3}";

  private final AtomicLong millis = new AtomicLong(1_000_000);
  private final Servers servers = new Servers("a", millis::get);

  @BeforeEach
  void begin() {
    servers.here(new About("one", 1L, "2.0", 900_000L, null), () -> 12);
  }

  private static Lease lease(String node, long leftMillis, @Nullable String about) {
    return new Lease(node, leftMillis, about);
  }

  private Server other() {
    return servers.list().get(1);
  }

  @Test
  void thisOneStandsFirstAndIsKnownBeforeAnyBeat() {
    assertThat(servers.list())
        .containsExactly(
            new Server("a", State.HERE, 1_000_000, new About("one", 1L, "2.0", 900_000L, 12L)));
  }

  @Test
  void whatOneTellsIsWhatAnotherReads() {
    Servers there = new Servers("b", millis::get);

    there.seen(List.of(lease("a", 15_000, servers.about()), lease("b", 15_000, null)));

    assertThat(there.list())
        .filteredOn(one -> one.node().equals("a"))
        .extracting(Server::about)
        .containsExactly(new About("one", 1L, "2.0", 900_000L, 12L));
  }

  @Test
  void aNameThatIsLongOrForeignIsPrintableAndFits() {
    servers.here(new About("ü\u0000\n\"<b>" + "x".repeat(1_000), 1L, null, 0L, null), () -> 0);

    assertThat(servers.about()).hasSizeLessThanOrEqualTo(Lease.MAX_ABOUT).matches("[ -~]+");
  }

  @Test
  void theAgeOfALeaseIsOfTheEnginesClockAndItsMomentOfThisOne() {
    servers.seen(List.of(lease("b", Roster.LEASE_MS - 3_000, OTHER)));

    assertThat(other())
        .isEqualTo(new Server("b", State.UP, 997_000, new About("two", 7L, "1.0", 5L, 3L)));
  }

  @Test
  void oneThatMissesBeatsIsLateAndOneWithoutALeaseGone() {
    servers.seen(List.of(lease("b", 14_000, OTHER), lease("c", 15_000, OTHER)));
    millis.addAndGet(5_000);
    servers.seen(List.of(lease("b", 2_500, OTHER)));

    assertThat(servers.list())
        .extracting(Server::node, Server::state)
        .containsExactly(tuple("a", State.HERE), tuple("b", State.LATE), tuple("c", State.GONE));
  }

  @Test
  void oneThatHasGoneIsForgottenAfterAWhileAndOneThatComesBackIsUp() {
    servers.seen(List.of(lease("b", 15_000, OTHER), lease("c", 15_000, OTHER)));
    millis.addAndGet(5_000);
    servers.seen(List.of());
    millis.addAndGet(Servers.REMEMBERED_MS);
    servers.seen(List.of(lease("c", 15_000, OTHER)));

    assertThat(servers.list())
        .extracting(Server::node, Server::state)
        .containsExactly(tuple("a", State.HERE), tuple("c", State.UP));
  }

  @Test
  void aServerThatDoesNotReachTheEngineKnowsNothingOfOthers() {
    servers.seen(List.of(lease("b", 15_000, OTHER)));

    millis.addAndGet(60_000);

    assertThat(other().state()).isEqualTo(State.UNKNOWN);
    servers.seen(List.of(lease("b", 15_000, OTHER)));
    assertThat(other().state()).isEqualTo(State.UP);
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "{}",
        "null",
        "[1]",
        "{\"host\":7,\"pid\":\"x\",\"version\":{},\"startedAt\":9223372036854775807,\"connections\":-1}",
        "{\"startedAt\":1e300,\"pid\":12345678901234567890}",
        "{\"host\"",
        "\u0000"
      })
  void whatCannotBeReadIsNotTold(String about) {
    servers.seen(List.of(lease("b", 15_000, about)));

    assertThat(other().about()).isEqualTo(new About(null, null, null, null, null));
  }

  @Test
  void manyAreBounded() {
    for (int round = 0; round < 10; round++) {
      int from = round * 200;
      servers.seen(
          IntStream.range(from, from + 200).mapToObj(i -> lease("n" + i, 15_000, OTHER)).toList());
    }

    assertThat(servers.list()).hasSizeLessThanOrEqualTo(Servers.MAX + 1);
  }
}
