package dev.drawbridge.endpoint.cluster;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who is where: leases of nodes, members of groups, limits. Thread-safe; each call may block for at
 * most 2 s. Members of a node whose lease has ended count as nothing.
 */
public interface Roster {
  /** How long a lease lives after a beat, in milliseconds, by the engine's clock: {@value}. */
  long LEASE_MS = 15_000;

  /** How often a node beats, in milliseconds: {@value}. */
  long BEAT_MS = 5_000;

  /**
   * What became of {@link Roster#enter}.
   *
   * @param accepted false when the limit is reached
   * @param current live members of the group beside this one
   */
  record Entered(boolean accepted, int current) {}

  /**
   * One change of a group.
   *
   * @param enters false when it leaves
   * @param member who; entering and leaving twice is the same as once
   */
  record Change(boolean enters, Member member) {}

  /**
   * Takes a new lease with exactly these members of this node, in one step: at the start, after a
   * {@link LeaseLost}, and after each reset. Who was there before and is not among them has left;
   * who is counts as having come. With many of them an engine may do it in several steps, the lease
   * first; until the last one those who were there before may still be shown.
   *
   * @param members all that this node has; of those of one user the first keep their places
   * @param limit of the groups {@code u:}, 0 for none
   * @return those that the limit refuses: the caller closes them
   */
  List<Member> begin(List<Member> members, int limit) throws EngineException;

  /**
   * Renews the lease, and removes the members of nodes whose leases have ended, with their presence
   * entries.
   *
   * @throws LeaseLost if the lease has ended: it is never renewed after that
   */
  void beat() throws EngineException;

  /**
   * Enters a member if its group has room: atomic, and idempotent by connection, whose own place is
   * not counted. Several threads may call it at once, for users also while the log must be opened
   * again: a place of a user makes no entry. A handshake calls it at most three times, the last of
   * them within half a second after the first was answered.
   *
   * @param limit of the group, 0 for none
   * @param replaces a connection of the same subject, of any node, whose place counts as free and
   *     is removed; null for none
   * @throws LeaseLost if the caller's lease has ended
   */
  Entered enter(Member member, int limit, @Nullable String replaces) throws EngineException;

  /**
   * Changes groups and appends the presence entries of their channels, in one atomic step. At most
   * one entry for each channel. Called at most once in 500 ms by each node for channels; users'
   * places are given back at any time.
   *
   * @throws LeaseLost if the caller's lease has ended
   */
  void change(List<Change> changes) throws EngineException;

  /**
   * The live members of a group.
   *
   * @param max most subjects in the list
   */
  Members members(String group, int max) throws EngineException;

  /**
   * Nodes whose leases had not ended when this node last took or renewed its own, this one
   * included. Does not block.
   */
  int nodes();

  /**
   * What the others are told of this node from its next beat on; for people, nothing depends on it.
   * Does not block. An engine may leave it out.
   *
   * @param text printable ASCII, at most {@value Lease#MAX_ABOUT} characters
   */
  default void about(String text) {
    // Then others know its lease alone.
  }

  /**
   * The nodes that had leases at this node's last beat, itself included, at most {@value
   * Lease#MAX_LISTED}; empty before the first beat, and where the engine lists none. Does not
   * block.
   */
  default List<Lease> leases() {
    return List.of();
  }

  /**
   * Members of ended leases that this node has removed since its start, of channels and of users.
   * Does not block.
   */
  long reaped();
}
