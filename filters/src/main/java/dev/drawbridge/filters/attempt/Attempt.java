package dev.drawbridge.filters.attempt;

import dev.drawbridge.filters.refusal.Refusal;
import java.time.Clock;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One try to open a WebSocket: how far it came and why it ended. Written by the thread that has the
 * handshake, read by any; thread-safe.
 */
@SuppressWarnings("EnumOrdinal") // The stages are in order, and an EnumMap would cost a table each.
public final class Attempt {

  /** The way through, in order. */
  public enum Stage {
    RECEIVED,
    ORIGIN,
    CREDENTIAL,
    TOKEN,
    USER,
    LIMITS,
    UPGRADED,
    WELCOME,
    CLOSED;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** Lower case, as in answers. */
    public String word() {
      return word;
    }
  }

  /** The code of an attempt that nothing has refused so far. */
  public static final String OK = "ok";

  /** The code of an attempt that something of the application has answered: {@value}. */
  public static final String SWALLOWED = "handshake_swallowed";

  /** What to do about {@link #SWALLOWED}. */
  public static final String SWALLOWED_FIX =
      "let that filter pass the endpoint's paths, or map it behind JwtHandshakeFilter";

  /** What was reached last; replaced as a whole, so that a reader never sees half of it. */
  private record State(Stage stage, String code, long atMillis) {}

  private final String id;
  private final String requestId;
  private final Clock clock;
  private final @Nullable AttemptFacts facts;
  private final long startedNanos = System.nanoTime();
  private final long startedMillis;

  /** Microseconds from the start to the moment each stage was reached; 0 when it was not. */
  private final int[] reachedMicros = new int[Stage.values().length];

  private volatile State state;

  /** Null until a credential was found. */
  private volatile @Nullable String transport;

  private volatile boolean stray;

  /** Null when nobody listens; set before the attempt is seen by others. */
  private @Nullable Consumer<Attempt> listener;

  /**
   * An attempt that begins now.
   *
   * @param facts null in production
   */
  Attempt(String id, String requestId, Clock clock, @Nullable AttemptFacts facts) {
    this.id = id;
    this.requestId = requestId;
    this.clock = clock;
    this.facts = facts;
    this.startedMillis = clock.millis();
    this.state = new State(Stage.RECEIVED, OK, startedMillis);
  }

  /** The client's id of the try, or the request's when it sent none. */
  public String id() {
    return id;
  }

  /** The id of the request. */
  public String requestId() {
    return requestId;
  }

  /** What else is known of it; null in production, which keeps stage, code and times alone. */
  public @Nullable AttemptFacts facts() {
    return facts;
  }

  /** When the handshake came, before its user was looked up, by {@link System#nanoTime}. */
  public long startedNanos() {
    return startedNanos;
  }

  /** The same in epoch milliseconds. */
  public long startedAtMillis() {
    return startedMillis;
  }

  /** The stage reached last. */
  public Stage stage() {
    return state.stage();
  }

  /** {@value #OK}, or the code of what ended the attempt at {@link #stage()}. */
  public String code() {
    return state.code();
  }

  /** By which way the credential came, as in PROTOCOL.md section 3; null before it was found. */
  public @Nullable String transport() {
    return transport;
  }

  /** The credential came by this way. */
  public void transport(String word) {
    transport = word;
  }

  /** Nothing is mapped to its path: it stays at its stage, and nobody will end it. */
  public void stray() {
    if (facts != null) {
      facts.hint("nothing of the application is mapped to this path; it answered 404");
    }
    stray = true;
  }

  /** True when nothing more will come of it. */
  public boolean isOver() {
    return stray || stage() == Stage.CLOSED || !code().equals(OK);
  }

  /** Who hears of the outcome: a refusal, or the welcome. */
  void listener(@Nullable Consumer<Attempt> outcome) {
    listener = outcome;
  }

  /** When the stage was reached, in epoch milliseconds. */
  public long atMillis() {
    return state.atMillis();
  }

  /** Microseconds from the start to a stage, or -1 when it was not reached. */
  public int microsTo(Stage stage) {
    // The volatile read first: it makes the times written before it visible.
    State seen = state;
    int micros = reachedMicros[stage.ordinal()];
    return micros == 0 && stage != Stage.RECEIVED && stage != seen.stage() ? -1 : micros;
  }

  /** Passes a stage. */
  public void passed(Stage stage) {
    ended(stage, OK);
  }

  /**
   * Ends at a stage.
   *
   * @param code lower snake case, as in PROTOCOL.md; null stands for {@value #OK}
   */
  public void ended(Stage stage, @Nullable String code) {
    long micros = (System.nanoTime() - startedNanos) / 1000;
    reachedMicros[stage.ordinal()] = (int) Math.max(1, Math.min(Integer.MAX_VALUE, micros));
    state = new State(stage, code == null ? OK : code, clock.millis());
    boolean refused =
        code != null && !code.equals(OK) && stage.ordinal() < Stage.UPGRADED.ordinal();
    if (listener != null && (refused || stage == Stage.WELCOME)) {
      listener.accept(this);
    }
  }

  /** Ends at a stage with a refusal. */
  public void refused(Stage stage, Refusal refusal) {
    if (facts != null) {
      facts.hint(refusal.hint());
      facts.observeFilters();
    }
    ended(stage, refusal.code().word());
  }

  /**
   * Ends where it is, because something else than Drawbridge has answered.
   *
   * @param where what has answered, and where it stands
   */
  public void swallowed(String where) {
    if (facts != null) {
      facts.hint(where);
    }
    ended(stage(), SWALLOWED);
  }

  @Override
  public String toString() {
    State now = state;
    return "Attempt[" + id + ", " + now.stage().word() + ", " + now.code() + "]";
  }
}
