package dev.drawbridge.cluster.redis;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Lease;
import dev.drawbridge.endpoint.cluster.LeaseLost;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.Roster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Who is where, by scripts: each call is one atomic step, its presence entries included. */
final class RedisRoster implements Roster {
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * Most members of one call: more are told in several, for a script holds up everybody who waits
   * for this server.
   */
  private static final int STEP = 1_000;

  /** Of a node that has died, removed in one step. */
  private static final int PIECE = 200;

  /** Of the groups that live on, told in one step. */
  private static final int REFRESHED = 1_000;

  /** Most pieces of one beat, so that a beat ends in time; the next goes on. */
  private static final int PIECES = 20;

  /** An append that was given up may be executed late; until then its number must be known. */
  private static final Duration NUMBERS_KEPT = Duration.ofHours(1);

  /** How often the groups of this node are told that it lives; they outlive it by hours. */
  private static final Duration REFRESH = Duration.ofMinutes(30);

  private final RedisLine line;
  private final Node node;
  private final long refreshNanos;

  private final LongAdder reaped = new LongAdder();

  private volatile long refreshedNanos = System.nanoTime();

  /** Where the next piece of the groups that live on begins, empty while none is due. */
  private volatile String refreshFrom = "";

  private volatile int nodes = 1;

  private volatile String about = "";
  private volatile List<Lease> leases = List.of();

  /** Entries up to here are trimmed at the next beat; null for none. */
  private volatile @Nullable Position forgotten;

  RedisRoster(RedisLine line, Node node) {
    this(line, node, REFRESH);
  }

  /** The same with another time between two refreshes of the groups. */
  RedisRoster(RedisLine line, Node node, Duration refresh) {
    this.line = line;
    this.node = node;
    this.refreshNanos = refresh.toNanos();
  }

  /** Has the next beat trim the log. */
  void forget(Position upTo) {
    forgotten = upTo;
  }

  /** What every script of the roster is given first, and more behind it. */
  static List<Object> arguments(Node node, Object... more) {
    List<Object> all = new ArrayList<>(List.of(node.id(), node.listed(), node.windowEntries()));
    all.addAll(List.of(more));
    return all;
  }

  private List<?> call(Script script, List<Object> arguments) throws EngineException {
    RedisLine.Answer answered = line.ask(script, arguments);
    List<?> answer = Answers.list(answered.value());
    String word = Answers.text(answer.get(0));
    if (word.equals("lost")) {
      throw new LeaseLost(node.id());
    }
    if (word.equals("closed")) {
      throw new EngineException(answered.refused(), "refused: the log must be opened again");
    }
    return answer;
  }

  private static void add(List<Object> arguments, Member member) {
    arguments.add(member.group());
    arguments.add(Entry.quoted(member.subject()));
    arguments.add(Entry.quoted(member.displayName()));
    arguments.add(member.connection());
    arguments.add(member.since());
  }

  @Override
  public List<Member> begin(List<Member> all, int limit) throws EngineException {
    // One group after the other, so that each channel is told once.
    List<Member> members = new ArrayList<>(all);
    members.sort(Comparator.comparing(Member::group));
    List<Member> refused = new ArrayList<>();
    boolean more = true;
    for (int from = 0; more; from += STEP) {
      List<Member> piece =
          members.subList(Math.min(from, members.size()), Math.min(from + STEP, members.size()));
      boolean last = from + STEP >= members.size();
      int mode = (from == 0 ? 1 : 0) + (last ? 2 : 0);
      List<Object> arguments = arguments(node, LEASE_MS, limit, mode, PIECE);
      piece.forEach(member -> add(arguments, member));
      List<?> answer = call(Script.BEGIN, arguments);
      nodes = Math.max(1, (int) Answers.number(answer.get(1)));
      for (Object index : answer.subList(3, answer.size())) {
        refused.add(piece.get((int) Answers.number(index)));
      }
      more = !last || Answers.number(answer.get(2)) == 1;
    }
    return refused;
  }

  @Override
  public void beat() throws EngineException {
    if (refreshFrom.isEmpty() && System.nanoTime() - refreshedNanos >= refreshNanos) {
      refreshFrom = "0";
      refreshedNanos = System.nanoTime();
    }
    Position unneeded = forgotten;
    for (int i = 0; i < PIECES; i++) {
      List<?> answer =
          call(
              Script.BEAT,
              arguments(
                  node,
                  LEASE_MS,
                  PIECE,
                  NUMBERS_KEPT.toMillis(),
                  refreshFrom,
                  REFRESHED,
                  unneeded == null ? "" : unneeded.epoch(),
                  unneeded == null ? 0 : unneeded.seq(),
                  about,
                  Lease.MAX_LISTED));
      unneeded = null;
      reaped.add(Answers.number(answer.get(1)));
      nodes = Math.max(1, (int) Answers.number(answer.get(3)));
      refreshFrom = Answers.text(answer.get(4));
      leases = leases(answer.subList(5, answer.size()));
      if (Answers.number(answer.get(2)) == 0 && refreshFrom.isEmpty()) {
        break;
      }
    }
  }

  private static List<Lease> leases(List<?> told) throws EngineException {
    List<Lease> all = new ArrayList<>(told.size() / 3);
    for (int i = 0; i + 2 < told.size(); i += 3) {
      String about = Answers.text(told.get(i + 2));
      all.add(
          new Lease(
              Answers.text(told.get(i)),
              Answers.number(told.get(i + 1)),
              about.isEmpty() ? null : about));
    }
    return List.copyOf(all);
  }

  @Override
  public void about(String text) {
    about = text;
  }

  @Override
  public List<Lease> leases() {
    return leases;
  }

  @Override
  public Entered enter(Member member, int limit, @Nullable String replaces) throws EngineException {
    List<Object> arguments = arguments(node, limit, replaces == null ? "" : replaces);
    add(arguments, member);
    List<?> answer = call(Script.ENTER, arguments);
    return new Entered(
        Answers.text(answer.get(0)).equals("ok"), (int) Answers.number(answer.get(1)));
  }

  @Override
  public void change(List<Change> all) throws EngineException {
    List<Change> changes = new ArrayList<>(all);
    changes.sort(Comparator.comparing(change -> change.member().group()));
    for (int from = 0; from < changes.size(); from += STEP) {
      List<Object> arguments = arguments(node);
      for (Change change : changes.subList(from, Math.min(from + STEP, changes.size()))) {
        arguments.add(change.enters() ? "1" : "0");
        add(arguments, change.member());
      }
      call(Script.CHANGE, arguments);
    }
  }

  @Override
  public Members members(String group, int max) throws EngineException {
    List<?> answer = call(Script.MEMBERS, arguments(node, group, max));
    List<Members.Present> list = new ArrayList<>();
    for (int i = 3; i < answer.size(); i += 4) {
      list.add(
          new Members.Present(
              plain(Answers.text(answer.get(i))),
              plain(Answers.text(answer.get(i + 1))),
              Answers.number(answer.get(i + 2)),
              (int) Answers.number(answer.get(i + 3))));
    }
    int count = (int) Answers.number(answer.get(2));
    return new Members(Answers.number(answer.get(1)), count, list, list.size() < count);
  }

  @Override
  public int nodes() {
    return nodes;
  }

  @Override
  public long reaped() {
    return reaped.sum();
  }

  /** The text of a JSON string that {@link Entry#quoted} wrote. */
  private static String plain(String quoted) throws EngineException {
    try {
      return JSON.readValue(quoted, String.class);
    } catch (JsonProcessingException e) {
      throw new EngineException(Outcome.NOT_SENT, "the roster holds what is no name", e);
    }
  }
}
