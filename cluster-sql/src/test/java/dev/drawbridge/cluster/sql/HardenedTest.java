package dev.drawbridge.cluster.sql;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.Database;
import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EntriesRefused;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.testing.TcpProxy;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What one part cannot take does not stop the others. */
class HardenedTest {
  private static SqlDatabase database(TestServer server) {
    return SqlDatabase.empty(server, HardenedTest.class);
  }

  private static SqlLine line(SqlDatabase database, List<Database> opened) {
    Database handle = SqlDatabase.handle(database.url(), database.user());
    opened.add(handle);
    return new SqlLine(
        new SqlServer(handle, ClusterConfig.builder("sql", "contract").build()), 2_000, true);
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void anEntryThatTheDatabaseCannotTakeFailsAlone(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TestPeer a = TestPeer.up("a", database.url(), database.user())) {
      Entry first = a.draft("1");
      Entry culprit =
          Entry.message("room:1", "t".repeat(200), TestPeer.text("bad"), null)
              .from(a.position(), "a", 2);
      Entry third = a.draft("3", 3);

      assertThatThrownBy(() -> a.append(first, culprit, third))
          .isInstanceOfSatisfying(
              EntriesRefused.class, e -> assertThat(e.numbers()).containsExactly(2L));

      a.awaitTexts("1", "3");
      assertThat(a.isUp()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aKeyAndANameMayHoldAnyCharacter(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TestPeer a = TestPeer.up("a", database.url(), database.user())) {
      Entry one =
          Entry.message("room:1", "chat.message", TestPeer.text("1"), "u:a\0")
              .from(a.position(), "a", 1);
      Entry same =
          Entry.message("room:1", "chat.message", TestPeer.text("1"), "u:a\0")
              .from(a.position(), "a", 2);
      a.append(one, same);

      eventually("both are there", () -> a.texts.size() == 2);
      assertThat(a.texts.get(1)).isEmpty();
      a.engine.roster().begin(List.of(), 0);
      a.engine.roster().enter(new Member("c:room:1", "bob", "B\0b", "c1", "a", 1), 0, null);
      assertThat(a.engine.roster().members("c:room:1", 10).list())
          .singleElement()
          .satisfies(bob -> assertThat(bob.displayName()).startsWith("B"));
    }
  }

  /** Entries that somebody has deleted by hand, while a node had not read them. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aHoleInTheMiddleBeginsTheLogAnew(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TcpProxy link = new TcpProxy(database.port());
        TestPeer a = TestPeer.up("a", database.url(), database.user());
        TestPeer b = TestPeer.up("b", database.urlBy(link.port()), database.user())) {
      link.refuse(true);
      eventually("b is away", b::isDown);
      a.append(a.draft("1"), a.draft("2"), a.draft("3"));
      a.awaitTexts("1", "2", "3");
      database.execute("DELETE FROM drawbridge_log WHERE seq = 2");

      link.refuse(false);

      eventually("b says so", () -> b.resets.contains(ResetReason.LOG_LOST));
      eventually("a begins anew, too", () -> a.resets.size() == 2);
      eventually("both are up", () -> a.isUp() && b.isUp());
      a.append(a.draft("4", 4));
      eventually("it goes on", () -> b.texts.contains(TestPeer.text("4")));
      assertThat(b.resets).hasSize(2);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void whoIsInChannelsIsNotToldToALogThatIsBehindThisNode(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    List<Database> opened = new ArrayList<>();
    try (TestPeer a = TestPeer.up("a", database.url(), database.user());
        SqlLine line = line(database, opened)) {
      LogTable table = new LogTable(a.node);
      Position now = a.position();

      assertThat(line.transact(call -> table.lockOpen(call, now)).epoch()).isEqualTo(now.epoch());
      for (Position other :
          List.of(new Position(now.epoch(), now.seq() + 1), new Position("zzzzzzzz", 0))) {
        assertThatThrownBy(() -> line.transact(call -> table.lockOpen(call, other)))
            .isInstanceOf(EngineException.class)
            .hasMessageContaining("opened again");
      }
    } finally {
      opened.forEach(Database::close);
    }
  }

  /** The clock of the database was an hour ahead when b took its lease, and was set right. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aDeadNodeWithALeaseOfTheFutureIsDead(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TestPeer a = TestPeer.up("a", database.url(), database.user())) {
      Roster roster = a.engine.roster();
      roster.begin(List.of(), 1);
      try (TestPeer b = TestPeer.up("b", database.url(), database.user())) {
        b.engine.roster().begin(List.of(new Member("u:bob", "bob", "Bob", "c1", "b", 1)), 1);
      }
      database.execute(
          "UPDATE drawbridge_node SET lease_until = lease_until + 3600000 WHERE node = 'b'");

      Member again = new Member("u:bob", "bob", "Bob", "c2", "a", 1);
      assertThat(roster.enter(again, 1, null).accepted()).isTrue();
      roster.beat();
      assertThat(roster.nodes()).isEqualTo(1);
      assertThat(roster.reaped()).isEqualTo(1);
    }
  }

  @Test
  void aHostedPostgresqlThatHidesItsLogPositionCarriesAllTheSame() throws Exception {
    SqlDatabase database = database(TestServer.POSTGRESQL);
    database.execute(
        "CREATE SCHEMA IF NOT EXISTS hosted",
        "CREATE OR REPLACE FUNCTION hosted.pg_current_wal_lsn() RETURNS pg_lsn LANGUAGE plpgsql AS"
            + " $$ BEGIN RAISE EXCEPTION 'not here' USING ERRCODE = '0A000'; END $$");

    try (TestPeer a =
        TestPeer.start(
            "a",
            Database.open(
                SqlDatabase.handleConfig(database.url(), database.user())
                    .initSql("SET search_path = hosted, pg_catalog, public")
                    .build()),
            Duration.ofMinutes(5),
            1_000)) {
      a.awaitUp();
      a.append(a.draft("1"));

      a.awaitTexts("1");
      assertThat(a.engine.describe().warnings()).anyMatch(one -> one.contains("its timeline"));
    }
  }

  /** A handshake takes several round trips, during which its node goes on publishing. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void whoIsEnteringDoesNotHoldUpTheAppendsOfHisNode(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    List<Database> opened = new ArrayList<>();
    try (TestPeer a = TestPeer.up("a", database.url(), database.user());
        SqlLine line = line(database, opened)) {
      MemberTable members = new MemberTable("contract");
      a.engine.roster().begin(List.of(), 1);
      Entry first = a.draft("1");

      boolean held =
          line.transact(
              call -> {
                boolean holds = members.holds(call, "a");
                try {
                  CompletableFuture.runAsync(() -> append(a, first)).get(1, TimeUnit.SECONDS);
                } catch (Exception e) {
                  throw new EngineException(EngineException.Outcome.NOT_SENT, "held up", e);
                }
                return holds;
              });

      assertThat(held).isTrue();
      a.awaitTexts("1");
    } finally {
      opened.forEach(Database::close);
    }
  }

  private static void append(TestPeer peer, Entry draft) {
    try {
      peer.append(draft);
    } catch (EngineException e) {
      throw new AssertionError(e);
    }
  }

  /** Somebody holds the head all the time: users' places do not ask for it. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void placesOfUsersBeginWithoutTheHeadOfTheLog(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    List<Member> many =
        IntStream.range(0, 1_000)
            .mapToObj(i -> new Member("u:" + i, "" + i, "The " + i, "c" + i, "a", 1))
            .toList();
    try (TestPeer a = TestPeer.up("a", database.url(), database.user());
        Connection other = database.connect()) {
      other.setAutoCommit(false);
      try (Statement statement = other.createStatement()) {
        statement.execute("SELECT * FROM drawbridge_log_head FOR UPDATE");
      }

      assertThat(a.engine.roster().begin(many, 1)).isEmpty();

      other.rollback();
      assertThat(database.number("SELECT count(*) FROM drawbridge_member")).isEqualTo(1_000);
    }
  }

  /** A thousand enter channels: others append between their pieces, and each is told once. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void manyMembersBeginInPieces(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    List<Member> many =
        IntStream.range(0, 1_000)
            .mapToObj(i -> new Member("c:room:1", "s" + i % 900, "The " + i, "c" + i, "a", 1))
            .toList();
    try (TestPeer a = TestPeer.up("a", database.url(), database.user())) {
      a.engine.roster().begin(many, 0);
      a.engine.roster().begin(many.subList(0, 10), 0);

      assertThat(a.engine.roster().members("c:room:1", 2_000).count()).isEqualTo(10);
      assertThat(database.number("SELECT count(*) FROM drawbridge_member")).isEqualTo(10);
      eventually(
          "the last says how many are left",
          () -> !a.texts.isEmpty() && a.texts.get(a.texts.size() - 1).contains("\"count\":10}"));
    }
  }

  /** Two transactions that want the rows of each other: one is undone, and is made again. */
  @Test
  void aChangeThatADeadlockHasUndoneIsMadeAgain() throws Exception {
    SqlDatabase database = database(TestServer.POSTGRESQL);
    Member one = new Member("u:bob", "bob", "Bob", "c1", "a", 1);
    Member two = new Member("u:eve", "eve", "Eve", "c2", "a", 1);
    try (TestPeer a = TestPeer.up("a", database.url(), database.user());
        Connection other = database.connect()) {
      Roster roster = a.engine.roster();
      roster.begin(List.of(one, two), 5);
      other.setAutoCommit(false);
      try (Statement statement = other.createStatement()) {
        // Finds the deadlock last, so that the other one is the victim.
        statement.execute("SET deadlock_timeout = '10s'");
        statement.execute("UPDATE drawbridge_member SET since = 2 WHERE subject = 'eve'");
        CompletableFuture<Void> change =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    roster.change(
                        List.of(new Roster.Change(false, one), new Roster.Change(false, two)));
                  } catch (EngineException e) {
                    throw new AssertionError(e);
                  }
                });
        eventually("it waits for the second row", () -> waits(database));
        try {
          statement.execute("UPDATE drawbridge_member SET since = 2 WHERE subject = 'bob'");
          other.commit();
        } catch (SQLException victim) {
          other.rollback();
        }
        change.get(10, TimeUnit.SECONDS);
      }

      assertThat(database.number("SELECT count(*) FROM drawbridge_member")).isZero();
    }
  }

  private static boolean waits(SqlDatabase database) {
    return database.number(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                + " AND datname = current_database()")
        > 0;
  }

  /** Takes what passes, and fails on the rest. */
  private static final class Failing implements ClusterEngine.Sink {
    private final List<String> texts = new CopyOnWriteArrayList<>();
    private final List<ResetReason> resets = new CopyOnWriteArrayList<>();
    private final Consumer<Entry> check;

    Failing(Consumer<Entry> check) {
      this.check = check;
    }

    @Override
    public void entry(Entry entry) {
      check.accept(entry);
      texts.add(entry.text());
    }

    @Override
    public void reset(Head head, ResetReason reason) {
      resets.add(reason);
    }
  }

  private void readWhatIsAppended(Failing sink, String... names) throws Exception {
    SqlDatabase database = database(TestServer.POSTGRESQL);
    Database handle = SqlDatabase.handle(database.url(), database.user());
    SqlEngine engine =
        new SqlEngine(new SqlServer(handle, ClusterConfig.builder("sql", "contract").build()));
    try (TestPeer a = TestPeer.up("a", database.url(), database.user())) {
      engine.start(new Node("failing", "contract", Duration.ofMinutes(5), 1_000, 200), sink);
      eventually("it is open", () -> !sink.resets.isEmpty());
      a.append(Arrays.stream(names).map(a::draft).toArray(Entry[]::new));

      String last = TestPeer.text(names[names.length - 1]);
      eventually("the last is there", () -> sink.texts.contains(last));
      eventually("it is up", () -> engine.health().state() == EngineHealth.State.UP);
    } finally {
      engine.close();
      handle.close();
    }
  }

  @Test
  void anEntryOnWhichTheSinkFailsTwiceIsLeftOut() throws Exception {
    Failing sink =
        new Failing(
            entry -> {
              if (entry.text().contains("poison")) {
                throw new IllegalStateException("cannot be taken");
              }
            });

    readWhatIsAppended(sink, "1", "poison", "3", "poison", "5");

    assertThat(sink.texts).contains(TestPeer.text("1"), TestPeer.text("3"));
  }

  @Test
  void theLogGoesOnWhereTheMemoryWasGoneForAMoment() throws Exception {
    AtomicBoolean gone = new AtomicBoolean();
    Failing sink =
        new Failing(
            entry -> {
              if (entry.text().contains("heavy") && gone.compareAndSet(false, true)) {
                throw new OutOfMemoryError("of the test");
              }
            });

    readWhatIsAppended(sink, "1", "heavy", "3");

    assertThat(sink.texts).contains(TestPeer.text("heavy"));
    assertThat(sink.resets).hasSizeGreaterThan(1);
  }
}
