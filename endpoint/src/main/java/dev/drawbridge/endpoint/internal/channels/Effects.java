package dev.drawbridge.endpoint.internal.channels;

import org.jspecify.annotations.Nullable;

/** What control entries do to connections of this node. Thread-safe; nothing blocks. */
public interface Effects {
  /** Closes the connections of a user. */
  void disconnect(String subject, String closeCode);

  /** Closes one connection if it is this user's: another one has taken its place. */
  void replaced(String connectionId, String subject);

  /** A developer has disabled a user elsewhere, or enabled; nothing outside of dev mode. */
  void disabled(String subject, boolean disabled);

  /** What is known of a user is out of date; null is everybody. */
  void invalidated(@Nullable String subject);

  /**
   * Tokens were revoked elsewhere.
   *
   * @param detail as {@link Orders#revoked} was given it
   */
  void revoked(@Nullable String subject, String detail);

  /**
   * Closes one connection: its user has more than may be on all nodes together. Called again until
   * it has ended, also while it is not open yet.
   */
  void overLimit(String subject, String connectionId);

  /** Entries may be lost: users and revocations are looked at anew. */
  void checkEverything();
}
