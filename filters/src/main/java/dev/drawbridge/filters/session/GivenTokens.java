package dev.drawbridge.filters.session;

import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.jwt.authentication.SessionTokens;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import java.io.Serializable;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens that were given to one HTTP session and may still be in use. Kept in the session
 * itself, which tells it when it ends, by logout or by time; then they are revoked. Thread-safe.
 *
 * <p>A session that was written and read again, on another server or after a restart, forgets them:
 * those tokens end by themselves.
 */
final class GivenTokens implements HttpSessionBindingListener, Serializable {
  /** Good tokens of one session at most: {@value}. */
  static final int MAX_TOKENS = 500;

  private static final long serialVersionUID = 1L;
  private static final String ATTRIBUTE = GivenTokens.class.getName();
  private static final Logger log = LoggerFactory.getLogger(SessionTokenServlet.class);

  /** From {@code jti} to the end of its use, oldest first; guarded by this, like the rest. */
  private transient Map<String, Instant> tokens = new LinkedHashMap<>();

  /** Where they are revoked; null before the first token. */
  private transient @Nullable Revocations revocations;

  /** Whose they are; null before the first token. */
  private transient @Nullable String subject;

  /** Taken out of a session, which has ended or got another of these. */
  private transient boolean unbound;

  /** What came of a token that was to be written down. */
  enum Outcome {
    KEPT,
    TOO_MANY,
    SESSION_ENDED
  }

  /** The tokens of a session; null while it has none, or has ended. */
  static @Nullable GivenTokens in(HttpSession session) {
    try {
      return session.getAttribute(ATTRIBUTE) instanceof GivenTokens given ? given : null;
    } catch (IllegalStateException e) {
      return null;
    }
  }

  /**
   * Puts a new one into a session.
   *
   * @throws IllegalStateException if the session has ended
   */
  static GivenTokens newIn(HttpSession session) {
    GivenTokens given = new GivenTokens();
    session.setAttribute(ATTRIBUTE, given);
    return given;
  }

  /**
   * Writes a token down.
   *
   * @param owner whose token it is; those of another, who was logged in before, are revoked
   * @param usedUntil when nothing can be done with it any more
   */
  Outcome add(
      SessionTokens.Signed token, String owner, Instant usedUntil, Revocations where, Instant now) {
    Map<String, Instant> ofAnother = Map.of();
    synchronized (this) {
      if (unbound) {
        return Outcome.SESSION_ENDED;
      }
      if (subject != null && !subject.equals(owner)) {
        ofAnother = taken();
      }
      tokens.values().removeIf(end -> end.isBefore(now));
      if (tokens.size() >= MAX_TOKENS) {
        return Outcome.TOO_MANY;
      }
      revocations = where;
      subject = owner;
      tokens.put(token.tokenId(), usedUntil);
    }
    revoke(ofAnother, where);
    return Outcome.KEPT;
  }

  /** Revokes all: nobody is logged in any more. */
  void revokeAll() {
    Map<String, Instant> ended;
    Revocations where;
    synchronized (this) {
      ended = taken();
      where = revocations;
    }
    revoke(ended, where);
  }

  private synchronized Map<String, Instant> taken() {
    Map<String, Instant> all = tokens;
    tokens = new LinkedHashMap<>();
    return all;
  }

  /** Outside of the lock: it may ask a database. */
  private static void revoke(Map<String, Instant> ended, @Nullable Revocations where) {
    if (where == null || ended.isEmpty()) {
      return;
    }
    try {
      ended.forEach(where::revoke);
    } catch (RuntimeException e) {
      // A logout must not fail for this.
      log.warn(
          "{} tokens of an HTTP session that has ended cannot be revoked, they end by themselves:"
              + " {}",
          ended.size(),
          e.getClass().getName());
    }
  }

  @Override
  public void valueUnbound(HttpSessionBindingEvent event) {
    synchronized (this) {
      unbound = true;
    }
    revokeAll();
  }

  private Object readResolve() {
    return new GivenTokens();
  }
}
