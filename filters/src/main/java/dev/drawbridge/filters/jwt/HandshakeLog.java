package dev.drawbridge.filters.jwt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.jwt.authentication.Credentials;
import dev.drawbridge.filters.jwt.jose.Base64Url;
import dev.drawbridge.filters.jwt.jose.StrictJson;
import dev.drawbridge.filters.jwt.token.VerifiedToken;
import dev.drawbridge.filters.log.LogBudget;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.request.RequestPath;
import jakarta.servlet.http.HttpServletRequest;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one line for each attempt: refused ones at WARN, and from the eleventh of one code in a
 * minute at DEBUG; accepted ones at DEBUG. Thread-safe.
 *
 * <p>A line never holds a token or a part of one, and of a token whose signature is not good no
 * claim, but for the issuer that a hint of dev mode quotes and calls unverified.
 */
final class HandshakeLog {

  /** Lines at WARN for each code in a minute: {@value}. */
  static final int WARNINGS_PER_MINUTE = 10;

  private static final Logger log = LoggerFactory.getLogger(JwtHandshakeFilter.class);

  private final Map<RefusalCode, LogBudget> budgets = new EnumMap<>(RefusalCode.class);
  private final IntSupplier maxTokenChars;
  private final boolean hints;
  private final LongSupplier nanoTime;

  /**
   * Starts with a full budget.
   *
   * @param maxTokenChars of a longer token not even the header is read
   * @param hints whether the exact mismatch is written too, as dev mode does
   */
  HandshakeLog(IntSupplier maxTokenChars, boolean hints, LongSupplier nanoTime) {
    this.maxTokenChars = maxTokenChars;
    this.hints = hints;
    this.nanoTime = nanoTime;
    for (RefusalCode code : RefusalCode.values()) {
      budgets.put(code, new LogBudget(WARNINGS_PER_MINUTE, nanoTime));
    }
  }

  /** What is known of one attempt; written by the thread that has the request. */
  public static final class Line {
    final String requestId;
    final long startedAt;
    Credentials.@Nullable Credential credential;
    @Nullable VerifiedToken token;

    /** Nanosecond times at which the token and the user were through; 0 when they were not. */
    long tokenAt;

    long userAt;

    Line(String requestId, long startedAt) {
      this.requestId = requestId;
      this.startedAt = startedAt;
    }
  }

  void accepted(HttpServletRequest request, Line line) {
    if (log.isDebugEnabled()) {
      log.debug("handshake accepted: {}", describe(request, line, null));
    }
  }

  /**
   * Writes a refusal.
   *
   * @param cause the code before {@code rate_limited} took its place, or the same
   */
  void refused(HttpServletRequest request, Line line, Refusal refusal, RefusalCode cause) {
    int withheld = takeBudget(refusal.code());
    if (withheld < 0 && !log.isDebugEnabled()) {
      return;
    }
    StringBuilder text = new StringBuilder();
    text.append(refusal.code().word());
    if (cause != refusal.code()) {
      text.append(" cause=").append(cause.word());
    }
    text.append(' ').append(describe(request, line, refusal));
    if (withheld > 0) {
      text.append(" withheld=").append(withheld);
    }
    if (withheld >= 0) {
      log.warn("handshake refused: {}", text);
    } else {
      log.debug("handshake refused: {}", text);
    }
  }

  private int takeBudget(RefusalCode code) {
    LogBudget budget = budgets.get(code);
    return budget == null ? 0 : budget.take();
  }

  private String describe(HttpServletRequest request, Line line, @Nullable Refusal refusal) {
    StringBuilder text = new StringBuilder(160);
    text.append("requestId=").append(line.requestId);
    if (line.credential != null) {
      text.append(" transport=").append(line.credential.transport().word());
    }
    VerifiedToken token = line.token;
    if (token != null) {
      text.append(" alg=").append(token.algorithm());
      text.append(" kid=").append(token.keyId() == null ? "-" : Refusals.shown(token.keyId()));
      text.append(" fingerprint=").append(token.fingerprint());
      text.append(" sub=").append(Refusals.shown(token.subject()));
    } else if (line.credential != null) {
      appendHeader(text, line.credential.token());
    }
    text.append(" path=").append(Refusals.shown(RequestPath.of(request)));
    // Where a proxy's headers are trusted, this is what one of them says.
    text.append(" remote=").append(Refusals.shown(String.valueOf(request.getRemoteAddr())));
    String origin = request.getHeader("Origin");
    text.append(" origin=").append(origin == null ? "-" : Refusals.shown(origin));
    appendTimes(text, line);
    if (refusal != null) {
      refusal
          .members()
          .forEach((name, value) -> text.append(' ').append(name).append('=').append(value));
    }
    if (hints && refusal != null && refusal.hint() != null) {
      text.append(" hint=\"").append(refusal.hint()).append('"');
    }
    if (refusal != null) {
      text.append(" fix=\"").append(refusal.code().fix()).append('"');
    }
    return text.toString();
  }

  /** The two members of an unverified header that help an operator, and nothing else of it. */
  private void appendHeader(StringBuilder text, String token) {
    int dot = token.length() <= maxTokenChars.getAsInt() ? token.indexOf('.') : -1;
    if (dot <= 0 || !Base64Url.isCanonical(token, 0, dot)) {
      return;
    }
    ObjectNode header = StrictJson.object(Base64Url.decode(token, 0, dot));
    if (header != null) {
      appendMember(text, "alg", header.get("alg"));
      appendMember(text, "kid", header.get("kid"));
    }
  }

  private static void appendMember(StringBuilder text, String name, @Nullable JsonNode member) {
    if (member != null && member.isTextual()) {
      text.append(' ').append(name).append('=').append(Refusals.shown(member.textValue()));
    }
  }

  private void appendTimes(StringBuilder text, Line line) {
    long now = nanoTime.getAsLong();
    if (line.tokenAt != 0) {
      text.append(" tokenMicros=").append((line.tokenAt - line.startedAt) / 1000);
      long userAt = line.userAt == 0 ? now : line.userAt;
      text.append(" userMicros=").append((userAt - line.tokenAt) / 1000);
    }
    text.append(" micros=").append((now - line.startedAt) / 1000);
  }
}
