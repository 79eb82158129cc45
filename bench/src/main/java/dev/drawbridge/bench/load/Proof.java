package dev.drawbridge.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Proves that a target does its work before its speed is worth a look. */
final class Proof {
  private static final long PATIENCE_NANOS = 10_000_000_000L;
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;

  /** More than anybody allows for clocks that differ. */
  private static final int LONG_AGO_SECONDS = 900;

  private Proof() {}

  /**
   * A good token is let in and its echo comes back; none, a foreign signature, one that has
   * expired, an unknown user and the page of another origin are refused.
   *
   * @throws IOException if the target does anything else
   */
  static void of(Target target) throws IOException {
    Tokens tokens = target.tokens();
    String good = tokens.of("user-1");
    require(target, "a good token", new Visitor(handshake(good), target.welcomes()), 101);
    if (target.authenticates()) {
      refused(target, "no token", handshake(null), UNAUTHORIZED);
      char last = good.charAt(good.length() - 5);
      String forged =
          good.substring(0, good.length() - 5)
              + (last == 'A' ? 'B' : 'A')
              + good.substring(good.length() - 4);
      refused(target, "a forged token", handshake(forged), UNAUTHORIZED);
      String expired = tokens.of("user-1", -LONG_AGO_SECONDS);
      refused(target, "a token that has expired", handshake(expired), UNAUTHORIZED);
      refused(target, "an unknown user", handshake(tokens.of("user-x")), UNAUTHORIZED);
      refused(
          target,
          "another origin",
          Tokens.handshake(good, "authorization", "https://evil.example"),
          FORBIDDEN);
    }
  }

  private static byte[] handshake(@Nullable String token) {
    return Tokens.handshake(token, "authorization");
  }

  private static void refused(Target target, String what, byte[] request, int status)
      throws IOException {
    require(target, what, new Visitor(request, false), status);
  }

  private static void require(Target target, String what, Visitor visitor, int status)
      throws IOException {
    try (Loop loop = new Loop(target.port())) {
      loop.open(visitor);
      loop.run(PATIENCE_NANOS, () -> visitor.status != 0);
    }
    if (visitor.status != status) {
      throw new IOException(
          target.name()
              + " answers "
              + visitor.status
              + " to "
              + what
              + ", not "
              + status
              + ": "
              + visitor.answer);
    }
  }

  private static final class Visitor extends Peer {
    private static final String DATA = "{\"text\":\"proof\"}";
    private boolean welcomeIsDue;
    private int status;

    /** What came last, for a look. */
    private String answer = "nothing";

    Visitor(byte[] request, boolean welcomed) {
      super(request);
      this.welcomeIsDue = welcomed;
    }

    @Override
    protected void opened() throws IOException {
      send(textFrame("{\"type\":\"echo\",\"id\":\"p\",\"data\":" + DATA + "}"));
    }

    @Override
    protected void text(ByteBuffer payload) {
      if (welcomeIsDue) {
        welcomeIsDue = false;
        return;
      }
      String text = StandardCharsets.UTF_8.decode(payload.duplicate()).toString();
      answer = text;
      status = text.contains(DATA) ? 101 : -1;
    }

    @Override
    protected void closed(int refused) {
      if (status == 0) {
        status = refused == 0 ? -1 : refused;
      }
    }
  }
}
