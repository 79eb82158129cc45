package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.db.user.Registration;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.endpoint.internal.channels.ChannelHub;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.jwt.Revocations.Revocation;
import java.time.Instant;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this server knows of users and of revoked tokens: what changes here takes effect on its
 * connections at once and is told to the other servers, and what they tell takes effect here.
 * Thread-safe; what others tell comes on the tail thread of channels, and nothing of it blocks.
 */
final class SharedKnowledge {
  private static final Logger log = LoggerFactory.getLogger(SharedKnowledge.class);

  /** Of one token: its key, and the second in which it expires. */
  private static final Pattern TOKEN = Pattern.compile("([0-9a-f]{64}) (-?[0-9]{1,15})");

  /** Of a user: the second before which tokens must have been issued. */
  private static final Pattern SECOND = Pattern.compile("-?[0-9]{1,15}");

  private final ConnectionIndex connections;
  private final Supplier<UserDirectory> directory;
  private final Supplier<Revocations> store;

  /** Null until somebody watches. Guarded by this. */
  private @Nullable Registration userChanges;

  /** As above. */
  private @Nullable Registration revoked;

  private volatile @Nullable UserDirectory users;
  private volatile @Nullable Revocations revocations;
  private volatile @Nullable RevocationWatch watch;

  /** Whoever changes something now, because others have: that is not told to them again. */
  private volatile @Nullable Thread obeying;

  SharedKnowledge(
      ConnectionIndex connections, Supplier<UserDirectory> directory, Supplier<Revocations> store) {
    this.connections = connections;
    this.directory = directory;
    this.store = store;
  }

  /** Hears of changes from here on; called before the first connection, and again for nothing. */
  void watch(ChannelHub channels) {
    if (revocations == null) {
      // Outside of the lock: either may be opened by this.
      watch(channels, directory.get(), store.get());
    }
  }

  private synchronized void watch(ChannelHub channels, UserDirectory known, Revocations asked) {
    if (userChanges != null) {
      return;
    }
    userChanges =
        known.onInvalidate(
            subject -> {
              connections.recheck(subject);
              if (isOwn()) {
                channels.orders().invalidated(subject);
              }
            });
    users = known;
    watch = new RevocationWatch(connections, asked);
    revoked =
        asked.onRevoke(
            concerned -> {
              if (isOwn()) {
                tell(channels, concerned);
              }
            });
    revocations = asked;
  }

  private boolean isOwn() {
    return obeying != Thread.currentThread();
  }

  private static void tell(ChannelHub channels, Predicate<Revocations.Token> concerned) {
    if (!(concerned instanceof Revocation known)) {
      // A store of the application: the others ask it at once.
      channels.orders().revoked(null, "");
    } else if (known.tokenKey() != null) {
      channels.orders().revoked(null, known.tokenKey() + " " + known.moment().getEpochSecond());
    } else {
      channels.orders().revoked(known.subject(), Long.toString(known.moment().getEpochSecond()));
    }
  }

  /** Called by the timer. */
  void tick() {
    RevocationWatch asking = watch;
    if (asking != null) {
      asking.tick();
    }
  }

  /** Another server's user has changed; null is everybody. */
  void invalidate(@Nullable String subject) {
    UserDirectory known = users;
    if (known != null) {
      obey(
          () -> {
            if (subject == null) {
              known.invalidateAll();
            } else {
              known.invalidate(subject);
            }
          });
    }
  }

  /** Another server has revoked tokens. */
  void revoke(@Nullable String subject, String detail) {
    Revocations known = revocations;
    RevocationWatch asking = watch;
    if (known == null || asking == null) {
      return;
    }
    Revocation revocation = parse(subject, detail);
    if (revocation != null) {
      obey(() -> known.heard(revocation));
    }
    asking.askSoon();
  }

  private static @Nullable Revocation parse(@Nullable String subject, String detail) {
    Matcher token = TOKEN.matcher(detail);
    if (subject == null && token.matches()) {
      return new Revocation(
          token.group(1), null, Instant.ofEpochSecond(Long.parseLong(token.group(2))));
    }
    return subject != null && SECOND.matcher(detail).matches()
        ? Revocation.before(subject, Instant.ofEpochSecond(Long.parseLong(detail)))
        : null;
  }

  /** What others have told may be lost. */
  void checkEverything() {
    invalidate(null);
    RevocationWatch asking = watch;
    if (asking != null) {
      asking.askSoon();
    }
  }

  private void obey(Runnable change) {
    obeying = Thread.currentThread();
    try {
      change.run();
    } catch (RuntimeException e) {
      log.warn("what another server told has failed here: {}", e.toString());
    } finally {
      obeying = null;
    }
  }

  synchronized void stop() {
    if (userChanges != null) {
      userChanges.close();
      userChanges = null;
    }
    if (revoked != null) {
      revoked.close();
      revoked = null;
    }
    RevocationWatch asking = watch;
    if (asking != null) {
      asking.stop();
      watch = null;
    }
    users = null;
    revocations = null;
  }
}
