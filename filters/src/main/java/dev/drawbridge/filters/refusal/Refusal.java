package dev.drawbridge.filters.refusal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.filters.request.RequestId;
import dev.drawbridge.filters.settings.DevMode;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One refused request: the code, and for dev mode the exact mismatch and what to change. Immutable.
 * Sent as {@code application/problem+json} (RFC 9457).
 */
public final class Refusal {
  private static final ObjectMapper JSON =
      JsonMapper.builder(new JsonFactory().setCharacterEscapes(new MarkupEscapes())).build();
  private static final Logger log = LoggerFactory.getLogger(Refusal.class);
  private static final String TYPE_PREFIX = "urn:drawbridge:problem:";
  private static final String SENT = Refusal.class.getName() + ".sent";

  /** Seconds after which a 503 may be asked again, spread so that clients do not come together. */
  private static final int MIN_RETRY_SECONDS = 2;

  private static final int MAX_RETRY_SECONDS = 5;

  private final RefusalCode code;
  private final @Nullable String hint;
  private final int retryAfterSeconds;
  private final Map<String, Object> members;
  private final Map<String, Object> developmentMembers;

  private Refusal(
      RefusalCode code,
      @Nullable String hint,
      int retryAfterSeconds,
      Map<String, Object> members,
      Map<String, Object> developmentMembers) {
    this.code = code;
    this.hint = hint;
    this.retryAfterSeconds = retryAfterSeconds;
    this.members = members;
    this.developmentMembers = developmentMembers;
  }

  /** A refusal without a hint. */
  public static Refusal of(RefusalCode code) {
    return new Refusal(code, null, 0, Map.of(), Map.of());
  }

  /**
   * A refusal that says what to change.
   *
   * @param hint one or two sentences, shown in dev mode and in the log; it holds no token, no
   *     secret, and of a claim at most 64 printable characters
   */
  public static Refusal of(RefusalCode code, String hint) {
    return new Refusal(code, hint, 0, Map.of(), Map.of());
  }

  /**
   * The same with a member in the body.
   *
   * @param value text, a number, a flag, or a list of them
   */
  public Refusal with(String name, Object value) {
    return new Refusal(
        code, hint, retryAfterSeconds, plus(members, name, value), developmentMembers);
  }

  /** The same with a member that only dev mode shows. */
  public Refusal withInDevelopment(String name, Object value) {
    return new Refusal(
        code, hint, retryAfterSeconds, members, plus(developmentMembers, name, value));
  }

  /**
   * The same with a time to wait.
   *
   * @param seconds at least 1, for {@code Retry-After}
   */
  public Refusal retryAfter(int seconds) {
    if (seconds < 1) {
      throw new IllegalArgumentException("seconds must be at least 1: " + seconds);
    }
    return new Refusal(code, hint, seconds, members, developmentMembers);
  }

  /** Why. */
  public RefusalCode code() {
    return code;
  }

  /** The exact mismatch and what to change, for dev mode and the log; null when there is none. */
  public @Nullable String hint() {
    return hint;
  }

  /** What the body holds beside what every refusal has, such as {@code limit}; for the log too. */
  public Map<String, Object> members() {
    return members;
  }

  /** True once a refusal was sent for the request, by whichever filter. */
  public static boolean isSent(ServletRequest request) {
    return request.getAttribute(SENT) != null;
  }

  /**
   * Answers the request with this refusal. Headers that are set already, such as those of CORS,
   * stay.
   *
   * @param mode in {@link DevMode#PRODUCTION} neither the hint nor the members for dev mode are
   *     sent
   * @throws IOException if the client is gone
   */
  public void send(HttpServletRequest request, HttpServletResponse response, DevMode mode)
      throws IOException {
    String requestId = RequestId.of(request);
    request.setAttribute(SENT, code);
    if (response.isCommitted()) {
      // A filter in front has answered already; there is nothing left to say to the client.
      log.debug("{} cannot be sent, the answer has begun; request {}", code.word(), requestId);
      return;
    }
    response.resetBuffer();
    response.setStatus(code.status());
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader(RequestId.HEADER, requestId);
    if (code.status() == HttpServletResponse.SC_UNAUTHORIZED) {
      response.setHeader("WWW-Authenticate", challenge());
    }
    if (code.status() == 429 || code.status() == HttpServletResponse.SC_SERVICE_UNAVAILABLE) {
      response.setHeader("Retry-After", Integer.toString(retryAfterSeconds()));
    }
    byte[] body = body(requestId, mode);
    response.setContentType("application/problem+json");
    response.setCharacterEncoding("UTF-8");
    response.setContentLength(body.length);
    try {
      response.getOutputStream().write(body);
    } catch (IllegalStateException e) {
      // A filter in front has asked for the writer; the text is the same by either way.
      response.getWriter().write(new String(body, StandardCharsets.UTF_8));
    }
    response.flushBuffer();
  }

  /** RFC 6750 section 3.1: no error when the request carried no credential at all. */
  private String challenge() {
    String realm = "Bearer realm=\"drawbridge\"";
    return code == RefusalCode.TOKEN_MISSING
        ? realm
        : realm + ", error=\"invalid_token\", error_description=\"" + code.word() + "\"";
  }

  private int retryAfterSeconds() {
    return retryAfterSeconds > 0
        ? retryAfterSeconds
        : ThreadLocalRandom.current().nextInt(MIN_RETRY_SECONDS, MAX_RETRY_SECONDS + 1);
  }

  private byte[] body(String requestId, DevMode mode) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.getFactory().createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("type", TYPE_PREFIX + code.word());
      json.writeStringField("title", code.title());
      json.writeNumberField("status", code.status());
      json.writeStringField("code", code.word());
      json.writeStringField("action", code.action().word());
      json.writeBooleanField("retryable", code.isRetryable());
      json.writeStringField("requestId", requestId);
      for (Map.Entry<String, Object> member : members.entrySet()) {
        json.writeObjectField(member.getKey(), member.getValue());
      }
      if (mode.isDevelopment()) {
        if (hint != null) {
          json.writeStringField("hint", hint);
        }
        for (Map.Entry<String, Object> member : developmentMembers.entrySet()) {
          json.writeObjectField(member.getKey(), member.getValue());
        }
      }
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  private static Map<String, Object> plus(Map<String, Object> map, String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(map);
    more.put(name, value);
    return Collections.unmodifiableMap(more);
  }

  @Override
  public String toString() {
    return "Refusal[" + code.word() + "]";
  }
}
