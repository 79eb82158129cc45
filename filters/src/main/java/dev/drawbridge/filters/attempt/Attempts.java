package dev.drawbridge.filters.attempt;

import dev.drawbridge.filters.request.RequestId;
import dev.drawbridge.filters.request.UpgradeRequest;
import dev.drawbridge.filters.settings.DevMode;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The last handshakes of a web application, by the id that their clients gave them. A ring of
 * {@value #SIZE}: the newest replaces the oldest. Thread-safe.
 */
public final class Attempts {
  static final int SIZE = 512;

  private static final int MAX_ID_LENGTH = 64;
  private static final String ATTRIBUTE = Attempt.class.getName();
  private static final String ID_PARAMETER = "attempt";

  private final AtomicReferenceArray<@Nullable Attempt> ring = new AtomicReferenceArray<>(SIZE);
  private final AtomicLong count = new AtomicLong();
  private final LongAdder welcomed = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final Consumer<Attempt> outcomes = this::outcome;
  private volatile @Nullable Consumer<Attempt> listener;
  private final boolean facts;
  private final Clock clock;

  /**
   * An empty ring.
   *
   * @param mode in development each attempt carries its {@link AttemptFacts}
   */
  public Attempts(DevMode mode, Clock clock) {
    this.facts = mode.isDevelopment();
    this.clock = clock;
  }

  /**
   * The attempt that a handshake is, recorded at the first call.
   *
   * @return null for a request that opens no WebSocket
   */
  public @Nullable Attempt of(HttpServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof Attempt attempt) {
      return attempt;
    }
    if (!UpgradeRequest.isHandshake(request)) {
      return null;
    }
    String requestId = RequestId.of(request);
    String given = idParameter(request.getQueryString());
    Attempt attempt =
        new Attempt(
            given == null ? requestId : given,
            requestId,
            clock,
            facts ? new AttemptFacts(request) : null);
    attempt.listener(outcomes);
    request.setAttribute(ATTRIBUTE, attempt);
    add(attempt);
    return attempt;
  }

  /** Once for each that is refused or welcomed, on the thread that has it. */
  private void outcome(Attempt attempt) {
    (attempt.code().equals(Attempt.OK) ? welcomed : refused).increment();
    Consumer<Attempt> hears = listener;
    if (hears != null) {
      hears.accept(attempt);
    }
  }

  void add(Attempt attempt) {
    ring.set((int) Math.floorMod(count.getAndIncrement(), (long) SIZE), attempt);
  }

  /**
   * Hears of the outcome of each handshake from now on: once, when it is refused or welcomed, on
   * the thread that has it. For metrics; there is one listener at a time.
   *
   * @param outcome must be quick and must not throw; null ends it
   */
  public void listen(@Nullable Consumer<Attempt> outcome) {
    listener = outcome;
  }

  /** The newest attempt with this id that is still remembered. */
  public Optional<Attempt> find(String id) {
    long newest = count.get() - 1;
    for (long i = newest; i >= 0 && i > newest - SIZE; i--) {
      Attempt attempt = ring.get((int) Math.floorMod(i, (long) SIZE));
      if (attempt != null && attempt.id().equals(id)) {
        return Optional.of(attempt);
      }
    }
    return Optional.empty();
  }

  /**
   * The newest attempts.
   *
   * @param limit 1 to {@value #SIZE}
   * @return newest first
   */
  public List<Attempt> newest(int limit) {
    List<Attempt> found = new ArrayList<>();
    long newest = count.get() - 1;
    for (long i = newest; i >= 0 && i > newest - SIZE && found.size() < limit; i--) {
      Attempt attempt = ring.get((int) Math.floorMod(i, (long) SIZE));
      if (attempt != null) {
        found.add(attempt);
      }
    }
    return found;
  }

  /** How many there were since the start, those that are forgotten included. */
  public long total() {
    return count.get();
  }

  /** How many of them were welcomed. */
  public long welcomed() {
    return welcomed.sum();
  }

  /** How many of them were refused before the upgrade. */
  public long refused() {
    return refused.sum();
  }

  /**
   * The id that a query names.
   *
   * @param query as in the request line; null when there is none
   * @return 1 to 64 of {@code A-Za-z0-9_-}, or null when there is none or it does not fit
   */
  public static @Nullable String idParameter(@Nullable String query) {
    // Not getParameter: that would read the body of a form before the application does.
    int at = query == null ? -1 : query.indexOf(ID_PARAMETER + "=");
    while (query != null && at > 0 && query.charAt(at - 1) != '&') {
      at = query.indexOf(ID_PARAMETER + "=", at + 1);
    }
    if (query == null || at < 0) {
      return null;
    }
    int start = at + ID_PARAMETER.length() + 1;
    int end = query.indexOf('&', start);
    String id = query.substring(start, end < 0 ? query.length() : end);
    return isId(id) ? id : null;
  }

  private static boolean isId(String id) {
    if (id.isEmpty() || id.length() > MAX_ID_LENGTH) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean fits =
          (c >= 'A' && c <= 'Z')
              || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '-';
      if (!fits) {
        return false;
      }
    }
    return true;
  }
}
