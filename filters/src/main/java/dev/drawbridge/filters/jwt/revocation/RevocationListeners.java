package dev.drawbridge.filters.jwt.revocation;

import dev.drawbridge.db.user.Registration;
import dev.drawbridge.filters.jwt.Revocations;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who hears of revocations by this server. Thread-safe; told on the thread that revokes. */
final class RevocationListeners {
  private static final Logger log = LoggerFactory.getLogger(RevocationListeners.class);

  private final List<Consumer<Predicate<Revocations.Token>>> all = new CopyOnWriteArrayList<>();

  Registration add(Consumer<Predicate<Revocations.Token>> listener) {
    all.add(listener);
    return () -> all.remove(listener);
  }

  /** Tells of one revocation. */
  void tell(Revocations.Revocation concerned) {
    for (Consumer<Predicate<Revocations.Token>> listener : all) {
      try {
        listener.accept(concerned);
      } catch (RuntimeException e) {
        // The revocation stands; whoever did not hear of it asks within seconds.
        log.warn("a listener to revocations failed: {}", e.toString());
      }
    }
  }
}
