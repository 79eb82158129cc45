package dev.drawbridge.endpoint.internal.send;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.Json;
import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.message.Detail;
import dev.drawbridge.endpoint.internal.message.Fault;
import dev.drawbridge.endpoint.internal.message.MessageCodec;
import dev.drawbridge.endpoint.internal.metrics.Count;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.request.RequestId;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes the frames of the protocol. Thread-safe. PROTOCOL.md sections 4 and 5. */
public final class ProtocolFrames {
  private final JsonMapper mapper;
  private final EndpointConfig config;
  private final EndpointMetrics metrics;

  /** What each {@code welcome} of these settings has in common. */
  private record Common(EndpointConfig config, String text) {}

  private volatile Common welcomeOfAll;
  private final Count welcomes;
  private final Count pings;
  private final Count pongs;
  private final Count acks;
  private final Count errors;

  public ProtocolFrames(JsonMapper mapper, EndpointConfig config, EndpointMetrics metrics) {
    this.mapper = mapper;
    this.config = config;
    this.metrics = metrics;
    this.welcomeOfAll = new Common(config, welcomeOfAll(config));
    this.welcomes = metrics.sent("welcome");
    this.pings = metrics.sent("ping");
    this.pongs = metrics.sent("pong");
    this.acks = metrics.sent("ack");
    this.errors = metrics.sent("error");
  }

  /**
   * The first frame; its values bind.
   *
   * @param limits those of this connection
   */
  public EncodedMessage welcome(
      EndpointConfig limits,
      String connectionId,
      User user,
      Instant tokenExpiresAt,
      Instant openedAt,
      @Nullable Position log) {
    Common common = welcomeOfAll;
    if (!Objects.equals(common.config(), limits)) {
      common = new Common(limits, welcomeOfAll(limits));
      welcomeOfAll = common;
    }
    // One expression: it is written once, into bytes of the right number.
    String text =
        "{\"type\":\"welcome\",\"data\":{\"connectionId\":\""
            + connectionId
            + "\",\"user\":"
            + Protocol.json(user)
            + ",\"tokenExpiresAt\":"
            + tokenExpiresAt.toEpochMilli()
            + ",\"serverTime\":"
            + openedAt.toEpochMilli()
            + ","
            + common.text()
            + log(log)
            + "}}";
    return EncodedMessage.of(text, welcomes);
  }

  /** Where the log is, for information; nothing while it is not open. */
  private String log(@Nullable Position log) {
    return log == null
        ? ""
        : ",\"log\":{\"epoch\":\""
            + log.epoch()
            + "\",\"seq\":"
            + log.seq()
            + ",\"windowMs\":"
            + config.channels().window().toMillis()
            + "}";
  }

  /** The members that are the same in every {@code welcome}, without braces. */
  private static String welcomeOfAll(EndpointConfig config) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("protocol", Protocol.NAME);
    data.put("heartbeat", Protocol.heartbeat(config));
    data.put("limits", Protocol.limits(config));
    data.put("mode", config.mode().word());
    data.put("features", Protocol.FEATURES);
    String json = Json.text(data);
    return json.substring(1, json.length() - 1);
  }

  /**
   * A frame of the application.
   *
   * @throws IllegalArgumentException if the type is not one that an application may send, or
   *     Jackson cannot write the data
   */
  public EncodedMessage application(String type, @Nullable Object data) {
    MessageCodec.requireApplicationType(type);
    return frame(type, data == null ? null : json(data), metrics.sentByApplication(type));
  }

  /** A frame of the protocol, written as no application has configured it. */
  public EncodedMessage frame(String type, Map<String, Object> data) {
    return frame(type, Json.text(data), metrics.sent(type));
  }

  private static EncodedMessage frame(String type, @Nullable String json, Count sent) {
    String start = "{\"type\":\"" + type + "\"";
    return EncodedMessage.exact(
        json == null ? start + "}" : start + ",\"data\":" + json + "}", sent);
  }

  public EncodedMessage ping(long epochMillis) {
    return EncodedMessage.of("{\"type\":\"ping\",\"data\":{\"t\":" + epochMillis + "}}", pings);
  }

  /**
   * A ping that says where the log is.
   *
   * @param seq below which nothing follows of the channels that its client holds
   */
  public EncodedMessage ping(long epochMillis, long seq) {
    return EncodedMessage.of(
        "{\"type\":\"ping\",\"data\":{\"t\":" + epochMillis + ",\"seq\":" + seq + "}}", pings);
  }

  /** A frame of channels that is written already. */
  public EncodedMessage written(String type, String text) {
    return EncodedMessage.of(
        text, MessageCodec.isReserved(type) ? metrics.sent(type) : metrics.sentByApplication(type));
  }

  /**
   * Data of the application as JSON; null for none.
   *
   * @throws IllegalArgumentException if Jackson cannot write it, or UTF-8 cannot
   */
  public @Nullable String data(@Nullable Object data) {
    if (data == null) {
      return null;
    }
    String json = json(data);
    // Refuses half of a surrogate pair.
    EncodedMessage unused = EncodedMessage.exact(json, errors);
    return unused.text();
  }

  public EncodedMessage pong(@Nullable String id, @Nullable Long t) {
    StringBuilder frame = new StringBuilder(64).append("{\"type\":\"pong\"");
    appendId(frame, id);
    if (t != null) {
      frame.append(",\"data\":{\"t\":").append(t.longValue()).append('}');
    }
    return EncodedMessage.of(frame.append('}').toString(), pongs);
  }

  /**
   * The answer to a message that was handled.
   *
   * @throws IllegalArgumentException if Jackson cannot write the data
   */
  public EncodedMessage ack(String id, @Nullable Object data) {
    String json = data == null ? null : json(data);
    StringBuilder frame = new StringBuilder(64 + (json == null ? 0 : json.length()));
    frame.append("{\"type\":\"ack\"");
    appendId(frame, id);
    if (json != null) {
      frame.append(",\"data\":").append(json);
    }
    return EncodedMessage.exact(frame.append('}').toString(), acks);
  }

  public EncodedMessage error(@Nullable String id, Fault fault, String requestId) {
    return error(id, fault, requestId, Map.of());
  }

  /** One that may be tried again after so many milliseconds. */
  public EncodedMessage error(
      @Nullable String id, Fault fault, String requestId, long retryAfterMs) {
    return error(id, fault, requestId, Map.of("retryAfterMs", retryAfterMs));
  }

  /**
   * One with figures.
   *
   * @param figures by the names of their members
   */
  public EncodedMessage error(
      @Nullable String id, Fault fault, String requestId, Map<String, ?> figures) {
    ErrorCode code = fault.code();
    Map<String, Object> error =
        error(code.word(), fault.message(), code.action().word(), isRetryable(code), requestId);
    if (!fault.details().isEmpty()) {
      error.put("details", fault.details().stream().map(ProtocolFrames::detail).toList());
    }
    error.putAll(figures);
    if (config.mode().isDevelopment() && fault.hint() != null) {
      error.put("hint", fault.hint());
    }
    return error(id, error);
  }

  /** The answer to an {@code auth} whose token or user is refused. */
  public EncodedMessage error(@Nullable String id, Refusal refusal, String requestId) {
    Map<String, Object> error =
        error(
            refusal.code().word(),
            refusal.code().title(),
            refusal.code().action().word(),
            refusal.code().isRetryable(),
            requestId);
    if (config.mode().isDevelopment() && refusal.hint() != null) {
      error.put("hint", refusal.hint());
    }
    return error(id, error);
  }

  /** An application's own code. */
  public EncodedMessage error(@Nullable String id, String code, String message) {
    return error(
        id,
        error(
            code,
            message,
            ErrorCode.MESSAGE_DATA_INVALID.action().word(),
            false,
            RequestId.next()));
  }

  private EncodedMessage error(@Nullable String id, Map<String, Object> error) {
    StringBuilder frame = new StringBuilder(256).append("{\"type\":\"error\"");
    appendId(frame, id);
    metrics.error(String.valueOf(error.get("code")));
    return EncodedMessage.exact(
        frame.append(",\"error\":").append(Json.text(error)).append('}').toString(), errors);
  }

  private static Map<String, Object> error(
      String code, String message, String action, boolean retryable, String requestId) {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("code", code);
    error.put("message", message);
    error.put("action", action);
    error.put("retryable", retryable);
    error.put("requestId", requestId);
    return error;
  }

  private static Map<String, Object> detail(Detail detail) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("path", detail.path());
    map.put("expected", detail.expected());
    map.put("actual", detail.actual());
    return map;
  }

  private static boolean isRetryable(ErrorCode code) {
    return List.of("wait", "refresh_token").contains(code.action().word());
  }

  private String json(Object value) {
    try {
      return mapper.writeValueAsString(value);
    } catch (JsonProcessingException | RuntimeException | StackOverflowError | LinkageError e) {
      // The last two are of the value's own methods: whoever sends it learns of them here.
      throw new IllegalArgumentException(
          "the data must be something that Jackson can write: " + value.getClass().getName(), e);
    }
  }

  /** Ids are printable ASCII, so only two characters need care. */
  private static void appendId(StringBuilder frame, @Nullable String id) {
    if (id == null) {
      return;
    }
    frame.append(",\"id\":\"");
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      if (c == '"' || c == '\\') {
        frame.append('\\');
      }
      frame.append(c);
    }
    frame.append('"');
  }
}
