package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Lease;
import dev.drawbridge.endpoint.cluster.LeaseLost;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.Roster;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is where: each call is one transaction, its presence entries included, but for {@link
 * #begin}, which takes several short ones. Locks in this order: the head of the log where a channel
 * is concerned, the row of a node, the places of limits, members. A node that enters members locks
 * its row only against those who clean up after it, not against its own appends.
 */
final class SqlRoster implements Roster {
  private static final Logger LOG = LoggerFactory.getLogger(SqlRoster.class);

  /** Of a node that has died, removed in one transaction. */
  private static final int PIECE = 200;

  /** So often a transaction is made in which others were in the way. */
  private static final int ATTEMPTS = 3;

  /** After so long it is not made again; PostgreSQL finds a deadlock after a second. */
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

  /** Longest that one beat cleans up after others; the next goes on. */
  private static final long CLEANING_NANOS = TimeUnit.MILLISECONDS.toNanos(1_200);

  /** An append that was given up may be executed late; until then its number must be known. */
  private static final Duration NUMBERS_KEPT = Duration.ofHours(1);

  private final SqlLine line;

  /** For places of limits, so that handshakes do not wait for what concerns channels. */
  private final SqlLine places;

  private final LogTable log;
  private final MemberTable members;
  private final Node node;
  private final Runnable appended;

  /** Where the tail is; gives null before the log is open. */
  private final Supplier<@Nullable Position> tailed;

  private final LongAdder reaped = new LongAdder();
  private volatile int nodes = 1;
  private volatile List<Lease> leases = List.of();
  private volatile @Nullable String about;

  /**
   * A roster of one node.
   *
   * @param tailed where the tail is; gives null before the log is open
   * @param appended told when entries may have been appended
   */
  SqlRoster(
      SqlLine line,
      SqlLine places,
      LogTable log,
      Node node,
      Supplier<@Nullable Position> tailed,
      Runnable appended) {
    this.line = line;
    this.places = places;
    this.log = log;
    this.members = new MemberTable(node.cluster());
    this.node = node;
    this.tailed = tailed;
    this.appended = appended;
  }

  /** Takes the first lease; false where a living node has this id. */
  static boolean register(SqlLine line, Node node) throws EngineException {
    MemberTable members = new MemberTable(node.cluster());
    return line.transact(
        call -> {
          if (members.isLive(call, node.id())) {
            return false;
          }
          members.lease(call, node.id(), LEASE_MS);
          return true;
        });
  }

  /** Compares who was in the channels before a transaction and at its end. */
  private final class Step {
    private final SqlLine.Call call;

    /** By channel and subject, in the order in which they were touched. */
    private final Map<String, Map<String, Member>> touched = new LinkedHashMap<>();

    private final Set<MemberTable.Name> before = new HashSet<>();

    Step(SqlLine.Call call) {
      this.call = call;
    }

    /** Notes who is there now, before these are changed for the first time. */
    void touch(List<Member> all) throws SQLException {
      Set<MemberTable.Name> fresh = new LinkedHashSet<>();
      for (Member member : all) {
        if (note(member)) {
          fresh.add(MemberTable.Name.of(member));
        }
      }
      before.addAll(members.present(call, fresh));
    }

    /** Notes these as having been there. */
    void touchPresent(List<Member> all) {
      for (Member member : all) {
        if (note(member)) {
          before.add(MemberTable.Name.of(member));
        }
      }
    }

    private boolean note(Member member) {
      if (!member.isPresence()) {
        return false;
      }
      return touched
              .computeIfAbsent(member.group(), name -> new LinkedHashMap<>())
              .put(member.subject(), member)
          == null;
    }

    /** Appends what has changed, one entry for each channel. */
    void tell(LogTable.@Nullable Locked head) throws SQLException {
      if (touched.isEmpty() || head == null) {
        return;
      }
      Set<MemberTable.Name> names = new LinkedHashSet<>();
      touched.forEach(
          (group, subjects) ->
              subjects.keySet().forEach(one -> names.add(new MemberTable.Name(group, one))));
      Set<MemberTable.Name> now = members.present(call, names);
      Map<String, List<Member>> joined = new HashMap<>();
      Map<String, List<String>> left = new HashMap<>();
      for (MemberTable.Name name : names) {
        boolean is = now.contains(name);
        if (is && !before.contains(name)) {
          Map<String, Member> of = touched.getOrDefault(name.group(), Map.of());
          Member member = of.get(name.subject());
          if (member != null) {
            joined.computeIfAbsent(name.group(), group -> new ArrayList<>()).add(member);
          }
        } else if (!is && before.contains(name)) {
          left.computeIfAbsent(name.group(), group -> new ArrayList<>()).add(name.subject());
        }
      }
      List<String> changed =
          touched.keySet().stream()
              .filter(group -> joined.containsKey(group) || left.containsKey(group))
              .toList();
      if (changed.isEmpty()) {
        return;
      }
      Map<String, Integer> counts = members.subjects(call, changed);
      List<Entry> drafts = new ArrayList<>();
      for (String group : changed) {
        drafts.add(
            Entry.presence(
                group.substring(Member.CHANNEL.length()),
                joined.getOrDefault(group, List.of()),
                left.getOrDefault(group, List.of()),
                counts.getOrDefault(group, 0),
                node.listed()));
      }
      log.add(call, head, drafts);
    }
  }

  private void requireLease(SqlLine.Call call) throws SQLException, LeaseLost {
    if (!members.holds(call, node.id())) {
      throw new LeaseLost(node.id());
    }
  }

  /** A transaction that is made again where others were in the way, as long as there is time. */
  private static <T> T transact(SqlLine line, SqlLine.Work<T> work, long moreMillis)
      throws EngineException {
    long began = System.nanoTime();
    for (int attempt = 1; ; attempt++) {
      try {
        return line.transact(work, moreMillis);
      } catch (EngineException e) {
        if (attempt == ATTEMPTS
            || !SqlFailures.isContended(e)
            || System.nanoTime() - began > AGAIN_NANOS) {
          throw e;
        }
      }
    }
  }

  @Override
  public List<Member> begin(List<Member> all, int limit) throws EngineException {
    List<Member> wanted = all.stream().filter(Member::isPresence).distinct().toList();
    List<Member> places = all.stream().filter(one -> !one.isPresence()).distinct().toList();
    List<Member> mine =
        transact(
            line,
            call -> {
              members.lease(call, node.id(), LEASE_MS);
              return members.of(call, node.id(), Integer.MAX_VALUE).stream()
                  .filter(Member::isPresence)
                  .toList();
            },
            0);
    List<Member> refused =
        transact(
            line,
            call -> {
              requireLease(call);
              return beginPlaces(call, places, limit);
            },
            // Some thousand connections do not enter within the time of one.
            places.size());
    for (Piece piece : pieces(mine, wanted)) {
      transact(
          line,
          call -> {
            LogTable.Locked head = log.lockOpen(call, tailed.get());
            requireLease(call);
            members.delete(call, piece.before);
            // Members of the old lease count as nothing, so that whoever is here is told again.
            Step step = new Step(call);
            step.touch(piece.after);
            members.insert(call, piece.after);
            step.touchPresent(piece.before);
            step.tell(head);
            return true;
          },
          0);
    }
    line.transact(
        call -> {
          nodes = Math.max(1, members.nodes(call));
          return true;
        });
    appended.run();
    return refused;
  }

  private List<Member> beginPlaces(SqlLine.Call call, List<Member> all, int limit)
      throws SQLException {
    Set<String> groups =
        all.stream().map(Member::group).collect(Collectors.toCollection(LinkedHashSet::new));
    if (limit > 0) {
      members.lockPlaces(call, groups);
    }
    members.deletePlacesOf(call, node.id());
    Map<String, Integer> taken = limit > 0 ? members.connections(call, groups) : Map.of();
    List<Member> accepted = new ArrayList<>();
    List<Member> refused = admit(all, limit, new HashMap<>(taken), accepted);
    members.insert(call, accepted);
    return refused;
  }

  /** Who was and who is to be in some channels: all connections of a subject are in one piece. */
  private record Piece(List<Member> before, List<Member> after) {
    Piece() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    int size() {
      return before.size() + after.size();
    }
  }

  /** In the order of the channels, so that one has few entries. */
  private static List<Piece> pieces(List<Member> before, List<Member> after) {
    Map<String, Map<String, Piece>> groups = new LinkedHashMap<>();
    for (Member member : before) {
      piece(groups, member).before.add(member);
    }
    for (Member member : after) {
      piece(groups, member).after.add(member);
    }
    List<Piece> pieces = new ArrayList<>();
    Piece open = new Piece();
    for (Map<String, Piece> subjects : groups.values()) {
      for (Piece one : subjects.values()) {
        if (open.size() > 0 && open.size() + one.size() > 2 * PIECE) {
          pieces.add(open);
          open = new Piece();
        }
        open.before.addAll(one.before);
        open.after.addAll(one.after);
      }
    }
    if (open.size() > 0) {
      pieces.add(open);
    }
    return pieces;
  }

  private static Piece piece(Map<String, Map<String, Piece>> groups, Member member) {
    return groups
        .computeIfAbsent(member.group(), group -> new LinkedHashMap<>())
        .computeIfAbsent(member.subject(), subject -> new Piece());
  }

  /** In the order of the list: who is first has the place. */
  private static List<Member> admit(
      List<Member> all, int limit, Map<String, Integer> taken, List<Member> accepted) {
    List<Member> refused = new ArrayList<>();
    for (Member member : all) {
      int others = taken.merge(member.group(), 1, Integer::sum) - 1;
      if (limit > 0 && others >= limit) {
        taken.put(member.group(), others);
        refused.add(member);
      } else {
        accepted.add(member);
      }
    }
    return refused;
  }

  @Override
  public void beat() throws EngineException {
    line.transact(
        call -> {
          if (!members.renew(call, node.id(), LEASE_MS)) {
            throw new LeaseLost(node.id());
          }
          nodes = Math.max(1, members.nodes(call));
          return true;
        });
    tell();
    long began = System.nanoTime();
    while (reap() && System.nanoTime() - began < CLEANING_NANOS) {
      // As many short transactions as there is time for.
    }
    while (line.transact(log::trim) && System.nanoTime() - began < CLEANING_NANOS) {
      // As above.
    }
    while (line.transact(log::trimKeys) && System.nanoTime() - began < CLEANING_NANOS) {
      // As above.
    }
    line.transact(
        call -> {
          members.forget(call, NUMBERS_KEPT.toMillis());
          return true;
        });
  }

  /** For people who look: that it fails is no failure of the beat. */
  private void tell() {
    String text = about;
    try {
      leases =
          line.transact(
              call -> {
                if (text != null) {
                  members.about(call, node.id(), text);
                }
                return members.leases(call);
              });
    } catch (EngineException e) {
      LOG.debug("what the nodes tell of themselves is out of reach", e);
    }
  }

  @Override
  public void about(String text) {
    about = text;
  }

  @Override
  public List<Lease> leases() {
    return leases;
  }

  /** Removes a piece of what a node with an ended lease has left; whether there may be more. */
  private boolean reap() throws EngineException {
    String dead = line.transact(call -> Optional.ofNullable(members.ended(call))).orElse(null);
    if (dead == null) {
      return false;
    }
    int removed =
        line.transact(
            call -> {
              LogTable.Locked head = log.lockOpen(call, tailed.get());
              if (members.isLiveForCleaning(call, dead)) {
                return 0;
              }
              List<Member> some = members.of(call, dead, PIECE);
              Step step = new Step(call);
              step.touchPresent(some);
              members.delete(call, some);
              step.tell(head);
              if (some.size() < PIECE) {
                // Behind the lock of its row: whoever enters there finds that its lease has ended.
                members.reaped(call, dead);
              }
              return (int)
                  some.stream().filter(one -> !one.group().equals(MemberTable.ABOUT)).count();
            });
    reaped.add(removed);
    appended.run();
    return true;
  }

  @Override
  public Entered enter(Member member, int limit, @Nullable String replaces) throws EngineException {
    if (!member.isPresence()) {
      return transact(
          places,
          call -> {
            requireLease(call);
            members.lockPlaces(call, List.of(member.group()));
            return enter(call, member, limit, replaces);
          },
          0);
    }
    Entered entered =
        line.transact(
            call -> {
              LogTable.Locked head = log.lockOpen(call, tailed.get());
              requireLease(call);
              Step step = new Step(call);
              step.touch(List.of(member));
              Entered result = enter(call, member, limit, replaces);
              step.tell(head);
              return result;
            });
    appended.run();
    return entered;
  }

  private Entered enter(SqlLine.Call call, Member member, int limit, @Nullable String replaces)
      throws SQLException {
    String replacedNode = null;
    int others = 0;
    for (MemberTable.Place place : members.places(call, MemberTable.Name.of(member))) {
      boolean own =
          place.ofSubject()
              && place.node().equals(node.id())
              && place.connection().equals(member.connection());
      if (place.ofSubject() && place.connection().equals(replaces)) {
        replacedNode = place.node();
      } else if (!own) {
        others++;
      }
    }
    if (limit > 0 && others >= limit) {
      return new Entered(false, others);
    }
    if (replacedNode != null && replaces != null) {
      members.delete(
          call,
          List.of(
              new Member(
                  member.group(),
                  member.subject(),
                  member.displayName(),
                  replaces,
                  replacedNode,
                  member.since())));
    }
    members.insert(call, List.of(member));
    return new Entered(true, others);
  }

  @Override
  public void change(List<Change> changes) throws EngineException {
    // The last word on each member holds.
    Map<Member, Change> last = new LinkedHashMap<>();
    for (Change change : changes) {
      last.remove(change.member());
      last.put(change.member(), change);
    }
    List<Member> entering = new ArrayList<>();
    List<Member> leaving = new ArrayList<>();
    last.forEach((member, change) -> (change.enters() ? entering : leaving).add(change.member()));
    List<Member> all = changes.stream().map(Change::member).toList();
    boolean presence = all.stream().anyMatch(Member::isPresence);
    transact(
        presence ? line : places,
        call -> {
          LogTable.Locked head = presence ? log.lockOpen(call, tailed.get()) : null;
          requireLease(call);
          Step step = new Step(call);
          step.touch(all);
          members.delete(call, leaving);
          members.insert(call, entering);
          step.tell(head);
          return true;
        },
        0);
    if (presence) {
      appended.run();
    }
  }

  @Override
  public Members members(String group, int max) throws EngineException {
    return line.transact(
        call -> {
          // The position first: what comes between is told again.
          long[] topAndCount = members.topAndSubjects(call, group);
          List<Members.Present> list = new ArrayList<>();
          if (max > 0) {
            members.list(
                call,
                group,
                max,
                (subject, name, since, connections) ->
                    list.add(new Members.Present(subject, name, since, connections)));
          }
          int count = Math.max((int) topAndCount[1], list.size());
          return new Members(topAndCount[0], count, list, list.size() < count);
        });
  }

  @Override
  public int nodes() {
    return nodes;
  }

  @Override
  public long reaped() {
    return reaped.sum();
  }
}
