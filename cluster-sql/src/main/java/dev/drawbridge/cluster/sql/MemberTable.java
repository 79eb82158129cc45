package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.Lease;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Roster;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Members and leases of one deployment in their tables. Only members of nodes whose leases have not
 * ended count. Immutable; every method runs in the call that it is given.
 */
final class MemberTable {
  /** Names in one statement. */
  private static final int AT_ONCE = 64;

  /** Rows of {@code drawbridge_lock}. */
  private static final int SLOTS = 64;

  /** Behind the slots of places: those of nodes, for {@link #holds}. */
  private static final int NODE_SLOTS = 64;

  /**
   * What a lease may have left, in milliseconds, more than any transaction that waits finds: one
   * with more is of a time before the database's clock was set back, and has ended.
   */
  private static final long MOST_LEFT = 2 * Roster.LEASE_MS;

  private static final String HOLDS = "lease_until - ? BETWEEN 1 AND " + MOST_LEFT;

  private static final String LIVE =
      " FROM drawbridge_member m JOIN drawbridge_node d ON d.cluster = m.cluster AND d.node ="
          + " m.node AND d."
          + HOLDS
          + " WHERE m.cluster = ?";

  /**
   * Group of the rows that are no members but what each node tells of itself: they go when what a
   * node has left goes. No channel and no user has a group that begins so.
   */
  static final String ABOUT = "n:";

  private final String cluster;

  MemberTable(String cluster) {
    this.cluster = cluster;
  }

  /** A subject in a group. */
  record Name(String group, String subject) {
    static Name of(Member member) {
      return new Name(member.group(), member.subject());
    }
  }

  /** As the table has it. */
  private record Key(String group, String subject) {
    static Key of(Name name) {
      return new Key(Hashes.of(name.group), Hashes.of(name.subject));
    }
  }

  /** A live connection in a group. */
  record Place(String node, String connection, boolean ofSubject) {}

  private static <T> List<List<T>> pieces(Collection<T> all) {
    List<T> list = List.copyOf(all);
    List<List<T>> pieces = new ArrayList<>();
    for (int from = 0; from < list.size(); from += AT_ONCE) {
      pieces.add(list.subList(from, Math.min(list.size(), from + AT_ONCE)));
    }
    return pieces;
  }

  private static String times(int count, String condition) {
    return " AND (" + String.join(" OR ", Collections.nCopies(count, condition)) + ")";
  }

  /** Which of these subjects have a live member in their groups. */
  Set<Name> present(SqlLine.Call call, Collection<Name> names) throws SQLException {
    Set<Name> present = new HashSet<>();
    for (List<Name> piece : pieces(names)) {
      Map<Key, Name> keys = new HashMap<>();
      List<@Nullable Object> values = new ArrayList<>(List.of(call.facts().millis(), cluster));
      for (Name name : piece) {
        Key key = Key.of(name);
        keys.put(key, name);
        values.add(key.group);
        values.add(key.subject);
      }
      call.query(
          row -> {
            Name name = keys.get(new Key(row.getString(1), row.getString(2)));
            if (name != null) {
              present.add(name);
            }
          },
          "SELECT DISTINCT m.group_hash, m.subject_hash"
              + LIVE
              + times(piece.size(), "(m.group_hash = ? AND m.subject_hash = ?)"),
          values.toArray());
    }
    return present;
  }

  /** Different subjects that are live in each of these groups; none for a group without. */
  Map<String, Integer> subjects(SqlLine.Call call, Collection<String> groups) throws SQLException {
    return counts(call, groups, "COUNT(DISTINCT m.subject_hash)");
  }

  /** Live connections in each of these groups; none for a group without. */
  Map<String, Integer> connections(SqlLine.Call call, Collection<String> groups)
      throws SQLException {
    return counts(call, groups, "COUNT(*)");
  }

  private Map<String, Integer> counts(SqlLine.Call call, Collection<String> groups, String what)
      throws SQLException {
    Map<String, Integer> counts = new HashMap<>();
    for (List<String> piece : pieces(groups)) {
      Map<String, String> names = new HashMap<>();
      List<@Nullable Object> values = new ArrayList<>(List.of(call.facts().millis(), cluster));
      for (String group : piece) {
        String hash = Hashes.of(group);
        names.put(hash, group);
        values.add(hash);
      }
      call.query(
          row -> counts.put(String.valueOf(names.get(row.getString(1))), row.getInt(2)),
          "SELECT m.group_hash, "
              + what
              + LIVE
              + " AND m.group_hash IN ("
              + Inserts.placeholders(piece.size())
              + ") GROUP BY m.group_hash",
          values.toArray());
    }
    return counts;
  }

  /** The live connections of a group. */
  List<Place> places(SqlLine.Call call, Name name) throws SQLException {
    String subject = Hashes.of(name.subject);
    List<Place> places = new ArrayList<>();
    call.query(
        row ->
            places.add(
                new Place(row.getString(1), row.getString(2), row.getString(3).equals(subject))),
        "SELECT m.node, m.connection, m.subject_hash" + LIVE + " AND m.group_hash = ?",
        call.facts().millis(),
        cluster,
        Hashes.of(name.group));
    return places;
  }

  /** Enters these; who is there stays as it is. */
  void insert(SqlLine.Call call, Collection<Member> members) throws SQLException {
    List<@Nullable Object[]> rows = new ArrayList<>();
    long entered = call.facts().millis() * 1_000;
    for (Member member : members) {
      Key key = Key.of(Name.of(member));
      rows.add(
          new @Nullable Object[] {
            cluster,
            key.group,
            key.subject,
            member.node(),
            member.connection(),
            member.group(),
            member.subject(),
            storable(member.displayName()),
            member.since(),
            entered++
          });
    }
    new Inserts(
            "drawbridge_member",
            call.kind().orNothing(),
            "cluster",
            "group_hash",
            "subject_hash",
            "node",
            "connection",
            "group_name",
            "subject",
            "display_name",
            "since",
            "entered")
        .insert(call, rows);
  }

  /** An application's text may hold what PostgreSQL cannot store. */
  private static String storable(String text) {
    return text.indexOf('\0') < 0 ? text : text.replace('\0', '\uFFFD');
  }

  /** Takes out these; who is not there is nothing. */
  void delete(SqlLine.Call call, Collection<Member> members) throws SQLException {
    for (List<Member> piece : pieces(members)) {
      List<@Nullable Object> values = new ArrayList<>();
      values.add(cluster);
      for (Member member : piece) {
        Key key = Key.of(Name.of(member));
        values.add(key.group);
        values.add(key.subject);
        values.add(member.node());
        values.add(member.connection());
      }
      call.update(
          "DELETE FROM drawbridge_member WHERE cluster = ?"
              + times(
                  piece.size(),
                  "(group_hash = ? AND subject_hash = ? AND node = ? AND connection = ?)"),
          values.toArray());
    }
  }

  /** Some of what a node has, whether its lease holds or not. */
  List<Member> of(SqlLine.Call call, String node, int max) throws SQLException {
    List<Member> found = new ArrayList<>();
    call.query(
        row ->
            found.add(
                new Member(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    node,
                    row.getLong(5))),
        "SELECT group_name, subject, display_name, connection, since FROM drawbridge_member"
            + " WHERE cluster = ? AND node = ?"
            + (max == Integer.MAX_VALUE ? "" : " LIMIT " + max),
        cluster,
        node);
    return found;
  }

  /** Locks a node's row, and says whether its lease holds. */
  boolean isLive(SqlLine.Call call, String node) throws SQLException {
    boolean[] live = new boolean[1];
    call.query(
        row -> live[0] = isLeft(row.getLong(1) - call.facts().millis()),
        "SELECT lease_until FROM drawbridge_node WHERE cluster = ? AND node = ? FOR UPDATE",
        cluster,
        node);
    return live[0];
  }

  private static boolean isLeft(long millis) {
    return millis > 0 && millis <= MOST_LEFT;
  }

  /** The same, when nobody is entering there: see {@link #holds}. */
  boolean isLiveForCleaning(SqlLine.Call call, String node) throws SQLException {
    if (call.kind() == Server.MARIADB) {
      lockSlots(call, List.of(nodeSlot(node)), " FOR UPDATE");
    }
    return isLive(call, node);
  }

  /**
   * Whether a node's lease holds; until the transaction ends nobody cleans up after it. Appends of
   * the node, which change its row, do not wait for this, nor do others who call it.
   */
  boolean holds(SqlLine.Call call, String node) throws SQLException {
    boolean mariadb = call.kind() == Server.MARIADB;
    if (mariadb) {
      // It has no lock of a row that an update of other columns passes: a row beside it.
      lockSlots(call, List.of(nodeSlot(node)), " LOCK IN SHARE MODE");
    }
    boolean[] live = new boolean[1];
    call.query(
        row -> live[0] = isLeft(row.getLong(1) - call.facts().millis()),
        "SELECT lease_until FROM drawbridge_node WHERE cluster = ? AND node = ?"
            + (mariadb ? "" : " FOR KEY SHARE"),
        cluster,
        node);
    return live[0];
  }

  private static int nodeSlot(String node) {
    return SLOTS + Math.floorMod(node.hashCode(), NODE_SLOTS);
  }

  /** Takes a lease, whether there was one or not. */
  void lease(SqlLine.Call call, String node, long millis) throws SQLException {
    long until = call.facts().millis() + millis;
    if (call.update(
            "UPDATE drawbridge_node SET lease_until = ?, reaped = 0 WHERE cluster = ? AND node = ?",
            until,
            cluster,
            node)
        == 0) {
      call.update(
          "INSERT INTO drawbridge_node (cluster, node, lease_until, epoch, n, reaped)"
              + " VALUES (?, ?, ?, '', 0, 0)",
          cluster,
          node,
          until);
    }
  }

  /** Takes out all places of limits that a node has. */
  void deletePlacesOf(SqlLine.Call call, String node) throws SQLException {
    call.update(
        "DELETE FROM drawbridge_member WHERE cluster = ? AND node = ? AND group_name LIKE '"
            + Member.USER
            + "%'",
        cluster,
        node);
  }

  /** Renews a lease that has not ended; false if it has. */
  boolean renew(SqlLine.Call call, String node, long millis) throws SQLException {
    long now = call.facts().millis();
    return call.update(
            "UPDATE drawbridge_node SET lease_until = ? WHERE cluster = ? AND node = ? AND "
                + HOLDS,
            now + millis,
            cluster,
            node,
            now)
        > 0;
  }

  /** Nodes whose leases hold. */
  int nodes(SqlLine.Call call) throws SQLException {
    int[] count = new int[1];
    call.query(
        row -> count[0] = row.getInt(1),
        "SELECT COUNT(*) FROM drawbridge_node WHERE cluster = ? AND " + HOLDS,
        cluster,
        call.facts().millis());
    return count[0];
  }

  /** Keeps what a node tells of itself. */
  void about(SqlLine.Call call, String node, String text) throws SQLException {
    if (call.update(
            "UPDATE drawbridge_member SET display_name = ? WHERE cluster = ? AND group_hash = ?"
                + " AND subject_hash = ? AND node = ? AND connection = ?",
            text,
            cluster,
            Hashes.of(ABOUT),
            Hashes.of(node),
            node,
            ABOUT)
        == 0) {
      insert(call, List.of(new Member(ABOUT, node, text, ABOUT, node, call.facts().millis())));
    }
  }

  /** Nodes whose leases hold, and what they tell of themselves. */
  List<Lease> leases(SqlLine.Call call) throws SQLException {
    long now = call.facts().millis();
    List<Lease> leases = new ArrayList<>();
    call.query(
        row -> leases.add(new Lease(row.getString(1), row.getLong(2) - now, row.getString(3))),
        "SELECT d.node, d.lease_until, m.display_name FROM drawbridge_node d LEFT JOIN"
            + " drawbridge_member m ON m.cluster = d.cluster AND m.group_hash = ? AND m.node ="
            + " d.node AND m.connection = ? WHERE d.cluster = ? AND d."
            + HOLDS
            + " ORDER BY d.node LIMIT "
            + Lease.MAX_LISTED,
        Hashes.of(ABOUT),
        ABOUT,
        cluster,
        now);
    return leases;
  }

  /** A node whose lease has ended and who may have left something; null for none. */
  @Nullable String ended(SqlLine.Call call) throws SQLException {
    List<String> ended = new ArrayList<>(1);
    call.query(
        row -> ended.add(row.getString(1)),
        "SELECT node FROM drawbridge_node WHERE cluster = ? AND reaped = 0 AND NOT ("
            + HOLDS
            + ") ORDER BY node LIMIT 1",
        cluster,
        call.facts().millis());
    return ended.isEmpty() ? null : ended.get(0);
  }

  /** Nothing is left of a node, whose row the transaction has locked. */
  void reaped(SqlLine.Call call, String node) throws SQLException {
    call.update(
        "UPDATE drawbridge_node SET reaped = 1, lease_until = CASE WHEN lease_until > ? THEN ?"
            + " ELSE lease_until END WHERE cluster = ? AND node = ?",
        call.facts().millis(),
        call.facts().millis(),
        cluster,
        node);
  }

  /** Forgets the numbers of nodes that ended so long ago. */
  void forget(SqlLine.Call call, long millis) throws SQLException {
    call.update(
        "DELETE FROM drawbridge_node WHERE cluster = ? AND reaped = 1 AND lease_until < ?",
        cluster,
        call.facts().millis() - millis);
  }

  /** Locks the places of these groups, one call after the other, in an order that all keep. */
  void lockPlaces(SqlLine.Call call, Collection<String> groups) throws SQLException {
    List<Integer> slots =
        groups.stream()
            .map(group -> Math.floorMod(group.hashCode(), SLOTS))
            .distinct()
            .sorted()
            .toList();
    if (slots.isEmpty()) {
      return;
    }
    lockSlots(call, slots, " FOR UPDATE");
  }

  private void lockSlots(SqlLine.Call call, List<Integer> slots, String how) throws SQLException {
    if (lock(call, slots, how) < slots.size()) {
      new Inserts("drawbridge_lock", call.kind().orNothing(), "cluster", "slot")
          .insert(
              call, slots.stream().map(slot -> new @Nullable Object[] {cluster, slot}).toList());
      lock(call, slots, how);
    }
  }

  private int lock(SqlLine.Call call, List<Integer> slots, String how) throws SQLException {
    int[] found = new int[1];
    List<@Nullable Object> values = new ArrayList<>();
    values.add(cluster);
    values.addAll(slots);
    call.query(
        row -> found[0]++,
        "SELECT slot FROM drawbridge_lock WHERE cluster = ? AND slot IN ("
            + Inserts.placeholders(slots.size())
            + ") ORDER BY slot"
            + how,
        values.toArray());
    return found[0];
  }

  /** Where the log is, 0 where it is not open, and how many subjects a group has: not older. */
  long[] topAndSubjects(SqlLine.Call call, String group) throws SQLException {
    long[] both = new long[2];
    call.query(
        row -> both[0] = row.getLong(1),
        "SELECT top FROM drawbridge_log_head WHERE cluster = ?",
        cluster);
    both[1] = subjects(call, List.of(group)).getOrDefault(group, 0);
    return both;
  }

  /** Takes one subject of a group. */
  @FunctionalInterface
  interface Subjects {
    void take(String subject, String displayName, long since, int connections);
  }

  /** The live subjects of a group in the order of their coming. */
  void list(SqlLine.Call call, String group, int max, Subjects taker) throws SQLException {
    call.query(
        row -> taker.take(row.getString(1), row.getString(2), row.getLong(3), row.getInt(4)),
        "SELECT MIN(m.subject), MIN(m.display_name), MIN(m.since) AS came, COUNT(*)"
            + LIVE
            + " AND m.group_hash = ? GROUP BY m.subject_hash ORDER BY came, MIN(m.entered) LIMIT "
            + max,
        call.facts().millis(),
        cluster,
        Hashes.of(group));
  }
}
