package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The log of one deployment in its tables. Numbers are given under the lock of the head's row, in
 * the transaction that writes their entries: so there are no holes, and whoever sees a number sees
 * all below it. Immutable; every method runs in the call that it is given.
 */
final class LogTable {
  /** Known for longer than the window, and over epochs. */
  private static final Duration OUTBOX_KEYS = Duration.ofHours(Entry.OUTBOX_KEY_HOURS);

  /** Rows that one transaction of the trim deletes at most. */
  static final int PIECE = 1_000;

  /** Keys that one transaction of the trim deletes at most. */
  private static final int KEYS_AT_ONCE = 200;

  private static final Inserts ENTRIES =
      new Inserts(
          "drawbridge_log",
          "",
          "cluster",
          "epoch",
          "seq",
          "node",
          "n",
          "written_at",
          "version",
          "kind",
          "channel",
          "type",
          "entry_key",
          "repeat_of",
          "body");

  private static final Inserts KEYS =
      new Inserts("drawbridge_log_key", "", "cluster", "key_hash", "epoch", "seq", "expires_at");

  private final String cluster;
  private final Node node;

  LogTable(Node node) {
    this.cluster = node.cluster();
    this.node = node;
  }

  /** The head's row, whose lock the transaction holds. */
  record Locked(String epoch, long top, String identity) {}

  /** The head as a read has found it, whether it must be opened, and whether it could be. */
  record Seen(Head head, @Nullable ResetReason mustOpen, boolean readOnly) {}

  /** Locks the head; null where there is none. */
  @Nullable Locked lock(SqlLine.Call call) throws SQLException {
    List<Locked> found = new ArrayList<>(1);
    call.query(
        row -> found.add(new Locked(row.getString(1), row.getLong(2), row.getString(3))),
        "SELECT epoch, top, identity FROM drawbridge_log_head WHERE cluster = ? FOR UPDATE",
        cluster);
    return found.isEmpty() ? null : found.get(0);
  }

  /**
   * The head, locked, of the process that executes this transaction, and not behind the tail.
   *
   * @param tailed where the tail is, null before the log is open
   */
  Locked lockOpen(SqlLine.Call call, @Nullable Position tailed)
      throws SQLException, EngineException {
    Locked head = lock(call);
    if (head == null
        || !head.identity.equals(call.facts().identity())
        || (tailed != null && (!head.epoch.equals(tailed.epoch()) || head.top < tailed.seq()))) {
      throw new EngineException(Outcome.NOT_SENT, "refused: the log must be opened again");
    }
    return head;
  }

  /** Appends drafts of this node's writer, as {@code ClusterEngine#append} says. */
  void append(SqlLine.Call call, List<Entry> batch) throws SQLException, EngineException {
    Locked head = lock(call);
    Entry newest = batch.get(batch.size() - 1);
    long seen = batch.stream().mapToLong(Entry::seq).max().orElse(0);
    if (head == null
        || !head.epoch.equals(newest.epoch())
        || head.top < seen
        || !head.identity.equals(call.facts().identity())) {
      throw new EngineException(
          Outcome.NOT_SENT, "refused: the log has another epoch, a lower head or another identity");
    }
    long last = lastNumber(call, head.epoch);
    List<Entry> drafts = new ArrayList<>(batch.size());
    long highest = last;
    for (Entry draft : batch) {
      if (draft.n() > highest) {
        highest = draft.n();
        drafts.add(draft);
      }
    }
    if (drafts.isEmpty()) {
      return;
    }
    if (call.update(
            "UPDATE drawbridge_node SET epoch = ?, n = ? WHERE cluster = ? AND node = ?",
            head.epoch,
            highest,
            cluster,
            node.id())
        == 0) {
      call.update(
          "INSERT INTO drawbridge_node (cluster, node, lease_until, epoch, n, reaped)"
              + " VALUES (?, ?, 0, ?, ?, 0)",
          cluster,
          node.id(),
          head.epoch,
          highest);
    }
    add(call, head, drafts);
  }

  private long lastNumber(SqlLine.Call call, String epoch) throws SQLException {
    long[] last = new long[1];
    call.query(
        row -> last[0] = row.getString(1).equals(epoch) ? row.getLong(2) : 0,
        "SELECT epoch, n FROM drawbridge_node WHERE cluster = ? AND node = ?",
        cluster,
        node.id());
    return last[0];
  }

  /** Writes entries behind a locked head, raises it, and wakes the tails when it is committed. */
  void add(SqlLine.Call call, Locked head, List<Entry> drafts) throws SQLException {
    Map<String, Long> known = known(call, head.epoch, drafts);
    List<@Nullable Object[]> entries = new ArrayList<>(drafts.size());
    Map<String, @Nullable Object[]> keys = new HashMap<>();
    long seq = head.top;
    long now = call.facts().millis();
    for (Entry draft : drafts) {
      seq++;
      long repeat = 0;
      String key = draft.key();
      if (key != null) {
        String hash = Hashes.of(key);
        Long first = known.get(hash);
        if (first == null) {
          boolean outbox = key.startsWith(Entry.OUTBOX_KEY);
          long expires = now + (outbox ? OUTBOX_KEYS : node.window()).toMillis();
          keys.put(hash, new @Nullable Object[] {cluster, hash, head.epoch, seq, expires});
          known.put(hash, seq);
        } else {
          // Of an epoch that has ended there is no number to name.
          repeat = first == 0 ? seq : first;
        }
      }
      entries.add(
          new @Nullable Object[] {
            cluster,
            head.epoch,
            seq,
            node.id(),
            draft.n(),
            now,
            draft.version(),
            draft.kind().word(),
            draft.channel(),
            draft.type(),
            // Not the key itself: users write it, and nobody reads it again.
            key == null ? null : Hashes.of(key),
            repeat,
            repeat == 0 ? draft.text() : ""
          });
    }
    ENTRIES.insert(call, entries);
    if (!keys.isEmpty()) {
      KEYS.insert(call, List.copyOf(keys.values()));
    }
    call.update("UPDATE drawbridge_log_head SET top = ? WHERE cluster = ?", seq, cluster);
    if (call.kind().isPostgresql()) {
      // Never in the transaction of an application: its commit takes a lock of the whole database.
      call.query(row -> {}, "SELECT pg_notify(?, '')", channel());
    }
  }

  /** What tails listen to. */
  String channel() {
    return "drawbridge_" + cluster;
  }

  /** Where the first entry of each key stands, 0 for one of another epoch. */
  private Map<String, Long> known(SqlLine.Call call, String epoch, List<Entry> drafts)
      throws SQLException {
    Map<String, Long> known = new HashMap<>();
    List<String> hashes = new ArrayList<>();
    List<String> outbox = new ArrayList<>();
    for (Entry draft : drafts) {
      String key = draft.key();
      if (key != null) {
        String hash = Hashes.of(key);
        hashes.add(hash);
        if (key.startsWith(Entry.OUTBOX_KEY)) {
          outbox.add(hash);
        }
      }
    }
    if (hashes.isEmpty()) {
      return known;
    }
    List<String> over = new ArrayList<>();
    call.query(
        row -> {
          String hash = row.getString(1);
          boolean same = row.getString(2).equals(epoch);
          if (row.getLong(4) > call.facts().millis() && (same || outbox.contains(hash))) {
            known.put(hash, same ? row.getLong(3) : 0);
          } else {
            over.add(hash);
          }
        },
        "SELECT key_hash, epoch, seq, expires_at FROM drawbridge_log_key WHERE cluster = ? AND"
            + " key_hash IN ("
            + Inserts.placeholders(hashes.size())
            + ")",
        behindCluster(hashes));
    delete(call, over);
    return known;
  }

  private @Nullable Object[] behindCluster(List<String> values) {
    @Nullable Object[] all = new @Nullable Object[values.size() + 1];
    all[0] = cluster;
    for (int i = 0; i < values.size(); i++) {
      all[i + 1] = values.get(i);
    }
    return all;
  }

  /** Forgets keys, which need not be there. */
  void forget(SqlLine.Call call, List<String> keys) throws SQLException {
    delete(call, keys.stream().map(Hashes::of).toList());
  }

  private void delete(SqlLine.Call call, List<String> hashes) throws SQLException {
    if (!hashes.isEmpty()) {
      call.update(
          "DELETE FROM drawbridge_log_key WHERE cluster = ? AND key_hash IN ("
              + Inserts.placeholders(hashes.size())
              + ")",
          behindCluster(hashes));
    }
  }

  /**
   * The head for a node that has seen this much, without a lock.
   *
   * @param epoch that the node is in, empty at its start
   * @return null where there is no head
   */
  @Nullable Seen look(SqlLine.Call call, String epoch, long seq, long beganNanos)
      throws SQLException {
    List<Seen> seen = new ArrayList<>(1);
    // One statement, so that the head and the newest entry are of one moment.
    call.query(
        row -> seen.add(seen(row, epoch, seq, beganNanos)),
        call.kind()
            .factsWith(
                "h.epoch, h.top, h.trimmed, h.identity, (SELECT max(l.seq) FROM drawbridge_log l"
                    + " WHERE l.cluster = h.cluster AND l.epoch = h.epoch)",
                "drawbridge_log_head h",
                "h.cluster = ?"),
        cluster);
    return seen.isEmpty() ? null : seen.get(0);
  }

  private static Seen seen(ResultSet row, String epoch, long seq, long beganNanos)
      throws SQLException {
    SqlLine.Facts facts = SqlLine.Facts.of(row);
    String now = row.getString(4);
    long top = row.getLong(5);
    long trimmed = row.getLong(6);
    String identity = row.getString(7);
    long newest = row.getLong(8);
    ResetReason mustOpen = null;
    if (newest != top || trimmed > top) {
      mustOpen = ResetReason.LOG_LOST;
    } else if (!identity.equals(facts.identity())) {
      mustOpen = ResetReason.ENGINE_CHANGED;
    } else if (now.equals(epoch) && top < seq) {
      mustOpen = ResetReason.HEAD_WENT_BACK;
    }
    return new Seen(
        new Head(now, mustOpen == null ? trimmed : 0, Math.max(0, top), identity, beganNanos),
        mustOpen,
        facts.readOnly());
  }

  /**
   * Begins a new epoch, unless another node has been first.
   *
   * @param hole entries behind this position are missing, though the head is in order
   */
  void open(SqlLine.Call call, String epoch, long seq, String fresh, boolean hole)
      throws SQLException {
    Locked locked = lock(call);
    Seen seen = look(call, epoch, seq, 0);
    String identity = call.facts().identity();
    if (locked == null) {
      // Of two nodes the second finds the row of the first at its next look.
      call.update(
          "INSERT INTO drawbridge_log_head (cluster, epoch, top, trimmed, identity)"
              + " VALUES (?, ?, 0, 0, ?)"
              + call.kind().orNothing(),
          cluster,
          fresh,
          identity);
    } else if (seen == null
        || seen.mustOpen() != null
        || (hole && locked.epoch.equals(epoch) && seen.head().start() <= seq)) {
      call.update(
          "UPDATE drawbridge_log_head SET epoch = ?, top = 0, trimmed = 0, identity = ?"
              + " WHERE cluster = ?",
          fresh,
          identity,
          cluster);
    }
  }

  /** What stands behind a position, in order. */
  List<Entry> after(SqlLine.Call call, String epoch, long seq, int max) throws SQLException {
    List<Entry> found = new ArrayList<>();
    call.query(
        row -> found.add(entry(row)),
        "SELECT epoch, seq, node, n, written_at, version, kind, channel, type, entry_key,"
            + " repeat_of, body FROM drawbridge_log WHERE cluster = ? AND epoch = ? AND seq > ?"
            + " ORDER BY seq LIMIT "
            + max,
        cluster,
        epoch,
        seq);
    return found;
  }

  private static Entry entry(ResultSet row) throws SQLException {
    String epoch = row.getString(1);
    long seq = row.getLong(2);
    try {
      return new Entry(
          row.getInt(6),
          epoch,
          seq,
          row.getString(3),
          row.getLong(4),
          row.getLong(5),
          Entry.Kind.of(row.getString(7)),
          row.getString(8),
          row.getString(9),
          row.getString(12),
          row.getString(10),
          row.getLong(11));
    } catch (IllegalArgumentException e) {
      // Of another version, or of somebody else's hand: it keeps its place and is skipped.
      return new Entry(
          Entry.VERSION, epoch, seq, "", 0, 0, Entry.Kind.UNKNOWN, "", "", "", null, 0);
    }
  }

  /**
   * Deletes one piece of what is older than the window, or more than it holds, and of epochs that
   * have ended; the newest entry stays, for it proves that the log is whole. Holds the head's lock
   * for its last statement only.
   *
   * @return whether there is more
   */
  boolean trim(SqlLine.Call call) throws SQLException {
    long[] head = new long[2];
    String[] epoch = new String[1];
    call.query(
        row -> {
          epoch[0] = row.getString(1);
          head[0] = row.getLong(2);
          head[1] = row.getLong(3);
        },
        "SELECT epoch, top, trimmed FROM drawbridge_log_head WHERE cluster = ?",
        cluster);
    if (epoch[0] == null) {
      return false;
    }
    long full = head[0] - node.windowEntries();
    long old = call.facts().millis() - node.window().toMillis();
    long[] bound = {head[1]};
    if (full <= head[1] && !isOlder(call, epoch[0], head[1], old)) {
      return trimEnded(call, epoch[0]);
    }
    call.query(
        row -> {
          long seq = row.getLong(1);
          boolean follows = bound[0] == seq - 1;
          if (follows && seq < head[0] && (seq <= full || row.getLong(2) < old)) {
            bound[0] = seq;
          }
        },
        "SELECT seq, written_at FROM drawbridge_log WHERE cluster = ? AND epoch = ? AND seq > ?"
            + " ORDER BY seq LIMIT "
            + PIECE,
        cluster,
        epoch[0],
        head[1]);
    if (bound[0] > head[1]) {
      call.update(
          "DELETE FROM drawbridge_log WHERE cluster = ? AND epoch = ? AND seq > ? AND seq <= ?",
          cluster,
          epoch[0],
          head[1],
          bound[0]);
      call.update(
          "UPDATE drawbridge_log_head SET trimmed = ? WHERE cluster = ? AND epoch = ? AND"
              + " trimmed < ?",
          bound[0],
          cluster,
          epoch[0],
          bound[0]);
      return bound[0] - head[1] == PIECE;
    }
    return trimEnded(call, epoch[0]);
  }

  private boolean isOlder(SqlLine.Call call, String epoch, long trimmed, long old)
      throws SQLException {
    boolean[] older = new boolean[1];
    call.query(
        row -> older[0] = row.getLong(1) < old,
        "SELECT written_at FROM drawbridge_log WHERE cluster = ? AND epoch = ? AND seq > ?"
            + " ORDER BY seq LIMIT 1",
        cluster,
        epoch,
        trimmed);
    return older[0];
  }

  private boolean trimEnded(SqlLine.Call call, String epoch) throws SQLException {
    for (String than : new String[] {"<", ">"}) {
      String[] ended = new String[1];
      long[] first = new long[1];
      call.query(
          row -> {
            ended[0] = row.getString(1);
            first[0] = row.getLong(2);
          },
          "SELECT epoch, seq FROM drawbridge_log WHERE cluster = ? AND epoch "
              + than
              + " ? ORDER BY cluster, epoch, seq LIMIT 1",
          cluster,
          epoch);
      if (ended[0] != null) {
        call.update(
            "DELETE FROM drawbridge_log WHERE cluster = ? AND epoch = ? AND seq >= ? AND seq < ?",
            cluster,
            ended[0],
            first[0],
            first[0] + PIECE);
        return true;
      }
    }
    return false;
  }

  /** Deletes a piece of the keys that have expired; whether there are more. */
  boolean trimKeys(SqlLine.Call call) throws SQLException {
    List<String> expired = new ArrayList<>();
    call.query(
        row -> expired.add(row.getString(1)),
        "SELECT key_hash FROM drawbridge_log_key WHERE cluster = ? AND expires_at < ?"
            + " ORDER BY cluster, expires_at LIMIT "
            + KEYS_AT_ONCE,
        cluster,
        call.facts().millis());
    if (!expired.isEmpty()) {
      // Not one that has been taken again since.
      @Nullable Object[] values = behindCluster(expired);
      @Nullable Object[] all = Arrays.copyOf(values, values.length + 1);
      all[values.length] = call.facts().millis();
      call.update(
          "DELETE FROM drawbridge_log_key WHERE cluster = ? AND key_hash IN ("
              + Inserts.placeholders(expired.size())
              + ") AND expires_at < ?",
          all);
    }
    return expired.size() == KEYS_AT_ONCE;
  }
}
