package dev.drawbridge.endpoint.cluster;

import java.util.List;

/**
 * Keeps the one ordered log of a deployment and its {@link Roster}. Made by a {@link
 * ClusterEngineFactory}, or an attribute of the servlet context under the name of this interface;
 * thread-safe but where a method says otherwise.
 *
 * <p>The log numbers its entries 1, 2, 3 and so on without gaps within an epoch. The epoch changes
 * whenever continuity cannot be proved: the log is lost, its head went back, or another process
 * executes the calls. The identity of that process is read inside of every append and with every
 * read of the head, never once for a connection.
 */
public interface ClusterEngine extends AutoCloseable {

  /** Most entries of one {@link #append}: {@value}. */
  int MAX_BATCH = 256;

  /** Most characters of text of one {@link #append}, unless it is a single entry: {@value}. */
  int MAX_BATCH_CHARACTERS = 256 * 1024;

  /** {@code memory}, {@code redis}, {@code sql}; lower-case letters. */
  String name();

  /**
   * Begins to connect and to tail. Never throws because the engine is away.
   *
   * @throws IllegalStateException if a node of this id is there already
   * @throws IllegalArgumentException if what is reached can never do, with a sentence that says
   *     what to set
   */
  void start(Node node, Sink sink);

  /**
   * Appends in order, all or nothing. Success shows in the sink, where each entry of this node
   * comes back, and nowhere else. Decided in the same atomic step: an entry whose {@link Entry#n()}
   * is not above the last of this node in this epoch is skipped, because the log has it; one whose
   * {@link Entry#key()} is known becomes a {@link Entry#repeat()}. A key is known for {@link
   * Node#window()}; one that begins with {@value Entry#OUTBOX_KEY}, for {@value
   * Entry#OUTBOX_KEY_HOURS} hours.
   *
   * <p>Called by one thread only; blocks for at most 2 s.
   *
   * @param batch 1 to {@value #MAX_BATCH} drafts, their position what this node has tailed: another
   *     epoch, a lower head or another identity refuses them
   * @throws EntriesRefused when the engine can never store some for what stands in them, and all
   *     others are appended
   * @throws EngineException with {@code NOT_SENT} when it was refused or could not be sent, with
   *     {@code UNKNOWN} when it may have been executed or may be later
   */
  void append(List<Entry> batch) throws EngineException;

  /**
   * These keys need not be known any more. Best effort: a key that is kept all the same ends by
   * itself. Called by any thread; blocks for at most 2 s.
   *
   * @param keys at most {@value #MAX_BATCH}
   */
  default void forget(List<String> keys) throws EngineException {
    // Whoever keeps them in little room may let time do it.
  }

  /** Leases, members, atomic limits. */
  Roster roster();

  /**
   * False where this node is known to be the only one: then what could concern other nodes alone is
   * not appended.
   */
  default boolean hasOthers() {
    return true;
  }

  /**
   * This node has no use any more for entries up to here: its window, which age, number and bytes
   * bound, begins behind them. The engine may trim the log to there, but for the newest entry, when
   * it comes to it; a node that lags by a whole window is trimmed past. Called about once a second;
   * never blocks.
   */
  default void forget(Position upTo) {
    // Who bounds its log otherwise has no need of it.
  }

  /** How it is doing; never blocks. */
  EngineHealth health();

  /** What it runs on; never blocks. */
  EngineInfo describe();

  /** Joins its threads within 2 s; the node's lease ends by itself. */
  @Override
  void close();

  /**
   * Takes what is tailed. Called by one thread at a time, in the order of the log; may block for a
   * moment when the node does not keep up.
   */
  interface Sink {
    /** The next entry of the log. */
    void entry(Entry entry);

    /**
     * The node goes on from another place, at the start too. The entries that follow begin after
     * {@link Head#start()}; those up to {@link Head#top()} fill the window and go to nobody.
     */
    void reset(Head head, ResetReason reason);
  }
}
