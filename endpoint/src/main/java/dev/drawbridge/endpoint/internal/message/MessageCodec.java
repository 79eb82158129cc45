package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.filters.settings.Nearest;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The one place where a text from a client becomes a message or a refusal. Thread-safe.
 *
 * <p>A good frame is read in one pass, its data bound as it comes. Anything else is read again,
 * slowly, to find the code that comes first in the order of PROTOCOL.md section 4. Data that is
 * read in its handler's turn stays text until then.
 */
public final class MessageCodec {
  /** The data of {@code ping} and {@code pong}. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Beat(@Nullable Long t) {}

  /** The data of {@code auth}. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Credential(String token) {
    /** Without the token. */
    @Override
    public String toString() {
      return "Credential[***]";
    }
  }

  private static final int MAX_HINT_TYPES = 3;

  private final JsonMapper mapper;
  private final JsonFactory factory;
  private final Map<String, PayloadType<?>> types;
  private final PayloadRules rules;
  private final Predicate<Class<?>> mayAsk;

  private MessageCodec(Builder builder, Predicate<Class<?>> mayAsk, Set<String> atOnce) {
    this.mapper = builder.mapper.build();
    this.mayAsk = mayAsk;
    this.factory = mapper.getFactory();
    Map<String, PayloadType<?>> all = new HashMap<>();
    // The protocol's own types are read as no application has configured it.
    JsonMapper own = PayloadMapper.builder().build();
    add(all, "ping", Beat.class, own, false);
    add(all, "pong", Beat.class, own, false);
    add(all, "auth", Credential.class, own, false);
    builder.types.forEach(
        (name, dataClass) ->
            add(all, name, dataClass, mapper, !atOnce.contains(name) && mayAsk.test(dataClass)));
    this.types = Map.copyOf(all);
    this.rules = PayloadRules.find();
  }

  private static <T> void add(
      Map<String, PayloadType<?>> all,
      String name,
      Class<T> dataClass,
      JsonMapper mapper,
      boolean readInTurn) {
    all.put(name, new PayloadType<>(name, dataClass, mapper, readInTurn));
  }

  /** An empty codec. */
  public static Builder builder() {
    return new Builder();
  }

  /** The mapper for results and for data that is sent. */
  public JsonMapper mapper() {
    return mapper;
  }

  /**
   * Reads one frame. What the application's own classes throw is in {@link Message#failure()}.
   *
   * @param text the whole text message, within the size limit
   */
  public Message read(String text) {
    Message message = Surrogates.isEscapedIn(text) ? null : fast(text);
    return message == null ? slow(text) : message;
  }

  /** Reads what was left to its turn: the same as {@link #read(String)} would have said. */
  public Message read(Unread message) {
    return bind(message.payload, message.envelope);
  }

  /** True for the protocol's own words. */
  public static boolean isReserved(String type) {
    return TypeName.RESERVED.contains(type);
  }

  /**
   * Checks that a type is one that applications may use.
   *
   * @throws IllegalArgumentException if it breaks a rule of PROTOCOL.md section 4
   */
  public static void requireApplicationType(String name) {
    if (!TypeName.isValid(name)) {
      throw new IllegalArgumentException(
          "a message type must be lower-case words joined by . _ or -, at most "
              + TypeName.MAX_LENGTH
              + " characters: "
              + name);
    }
    if (TypeName.RESERVED.contains(name)) {
      throw new IllegalArgumentException("a message type must not be a reserved one: " + name);
    }
  }

  /**
   * What a type that clients publish is read by.
   *
   * @throws IllegalArgumentException if the class holds a type that no client may name a value of
   */
  public <T> PayloadType<T> payload(String name, Class<T> dataClass) {
    return new PayloadType<>(name, dataClass, mapper, mayAsk.test(dataClass));
  }

  /**
   * Reads the message inside of a {@code publish}, whose text was checked with it. The pointers of
   * its details begin at the frame.
   *
   * @param json its data, null for none
   */
  public Message inner(PayloadType<?> payload, @Nullable String id, @Nullable String json) {
    Message message = bind(payload, new Envelope(payload.name(), id, null, json, null));
    Fault fault = message.payloadFault();
    if (fault == null) {
      return message;
    }
    List<Detail> details =
        fault.details().stream()
            .map(one -> new Detail("/data" + one.path(), one.expected(), one.actual()))
            .toList();
    return bad(payload, id, details);
  }

  /** One pass; null when anything at all is unusual. */
  private @Nullable Message fast(String text) {
    String type = null;
    String id = null;
    PayloadType<?> payload = null;
    Object data = null;
    try (JsonParser parser = factory.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        if (name.equals("type") && token == JsonToken.VALUE_STRING) {
          type = parser.getText();
          payload = types.get(type);
        } else if (name.equals("id") && token == JsonToken.VALUE_STRING) {
          id = parser.getText();
        } else if (name.equals("data") && token != JsonToken.VALUE_NULL) {
          if (payload == null || payload.dataClass() == Void.class) {
            return null;
          }
          data =
              payload.isReadInTurn() ? skipped(parser, text) : payload.reader().readValue(parser);
        } else if (name.equals("type") || (name.equals("id") && token != JsonToken.VALUE_NULL)) {
          return null;
        } else {
          parser.skipChildren();
          parser.finishToken();
        }
      }
      if (payload == null
          || parser.nextToken() != null
          || (id != null && !TypeName.isValidId(id))) {
        return null;
      }
      if (payload.isReadInTurn()) {
        return unread(payload, new Envelope(payload.name(), id, null, (String) data, null));
      }
      if (data == null) {
        data = whenAbsent(payload);
        if (data == null && !payload.takesNothing()) {
          return null;
        }
      }
      return data == null || rules.allow(data) ? good(payload, id, data) : null;
    } catch (IOException | RuntimeException | Error e) {
      // Which fault it is, and whether it comes first, the second reading says.
      return null;
    }
  }

  /** The text of the value that begins here, known to be JSON behind this. */
  private static String skipped(JsonParser parser, String text) throws IOException {
    int start = (int) parser.currentTokenLocation().getCharOffset();
    parser.skipChildren();
    parser.finishToken();
    return text.substring(start, (int) parser.currentLocation().getCharOffset());
  }

  private static Message unread(PayloadType<?> payload, Envelope envelope) {
    return good(payload, envelope.id(), new Unread(payload, envelope));
  }

  private static Message good(PayloadType<?> payload, @Nullable String id, @Nullable Object data) {
    return new Message(payload.name(), id, payload, data, null, null, null);
  }

  private static Message bad(PayloadType<?> payload, @Nullable String id, List<Detail> details) {
    return new Message(payload.name(), id, payload, null, null, dataFault(payload, details), null);
  }

  private Message slow(String text) {
    Fault fault = JsonCheck.firstFault(text);
    if (fault != null) {
      return Message.refused(null, null, fault);
    }
    Envelope envelope;
    try {
      envelope = Envelope.read(factory, text);
    } catch (IOException e) {
      // JsonCheck and the strict parser agree on all but what neither of them foresees.
      return Message.refused(
          null, null, Fault.of(ErrorCode.MESSAGE_NOT_JSON, "the message is not JSON"));
    }
    if (envelope.fault() != null) {
      return Message.refused(envelope.type(), envelope.id(), envelope.fault());
    }
    String type = Objects.requireNonNull(envelope.type());
    if (ChannelPayloads.TYPES.contains(type)) {
      return ChannelPayloads.read(factory, envelope, type);
    }
    PayloadType<?> payload = types.get(type);
    if (payload == null) {
      return Message.refused(
          type, envelope.id(), TypeName.RESERVED.contains(type) ? reserved(type) : unknown(type));
    }
    return payload.isReadInTurn() ? unread(payload, envelope) : bind(payload, envelope);
  }

  private Message bind(PayloadType<?> payload, Envelope envelope) {
    String json = envelope.data();
    if (json == null || payload.dataClass() == Void.class) {
      Object data = whenAbsent(payload);
      boolean fits = json == null ? data != null || payload.takesNothing() : false;
      if (fits) {
        return good(payload, envelope.id(), data);
      }
      String expected =
          json == null ? PayloadFaults.expected(payload.mapper(), payload.type()) : "absent";
      Detail detail = new Detail("/data", expected, json == null ? "absent" : "a value");
      return bad(payload, envelope.id(), List.of(detail));
    }
    try {
      return bind(payload, envelope.id(), json);
    } catch (IOException | RuntimeException | Error e) {
      return new Message(payload.name(), envelope.id(), payload, null, null, null, e);
    }
  }

  private Message bind(PayloadType<?> payload, @Nullable String id, String json)
      throws IOException {
    Object data;
    try {
      data = payload.reader().readValue(json);
    } catch (IOException | RuntimeException | Error e) {
      Throwable foreign = PayloadFaults.foreign(e);
      return foreign == null
          ? bad(payload, id, PayloadFaults.of(payload.mapper(), payload.type(), json))
          : new Message(payload.name(), id, payload, null, null, null, foreign);
    }
    if (data == null || rules.allow(data)) {
      return good(payload, id, data);
    }
    return bad(
        payload,
        id,
        rules.check(data, payload.mapper(), JsonText.read(payload.mapper().getFactory(), json)));
  }

  private static @Nullable Object whenAbsent(PayloadType<?> payload) {
    if (payload.dataClass() == Beat.class) {
      return new Beat(null);
    }
    return JsonNode.class.isAssignableFrom(payload.dataClass()) ? NullNode.getInstance() : null;
  }

  private static Fault dataFault(PayloadType<?> payload, List<Detail> details) {
    Detail first = details.get(0);
    String message =
        first.path().substring(1).replace('/', '.')
            + ": expected "
            + first.expected()
            + ", got "
            + first.actual();
    return new Fault(
        ErrorCode.MESSAGE_DATA_INVALID,
        message,
        details,
        "the data of "
            + payload.name()
            + " is "
            + PayloadShape.of(payload.mapper(), payload.type()));
  }

  private static Fault reserved(String type) {
    return Fault.of(
        ErrorCode.MESSAGE_TYPE_RESERVED,
        "the type " + type + " is reserved; a client cannot send it");
  }

  private Fault unknown(String type) {
    List<String> near = Nearest.to(type, types.keySet(), MAX_HINT_TYPES);
    String hint =
        near.isEmpty()
            ? "no type is registered; add one with endpoint.on(...)"
            : "known types near it: " + String.join(", ", near);
    return new Fault(
        ErrorCode.MESSAGE_TYPE_UNKNOWN, "no handler for the type " + type, List.of(), hint);
  }

  /** Collects types. Not thread-safe. */
  public static final class Builder {
    private final Map<String, Class<?>> types = new HashMap<>();
    private final JsonMapper.Builder mapper = PayloadMapper.builder();

    private Builder() {}

    /**
     * Registers a type that clients may send.
     *
     * @param name as in PROTOCOL.md section 4, not reserved, not registered before
     * @param dataClass what its data is bound to: a record, {@code JsonNode} for anything, {@code
     *     Void} for none
     */
    public Builder type(String name, Class<?> dataClass) {
      requireApplicationType(name);
      if (types.putIfAbsent(name, dataClass) != null) {
        throw new IllegalArgumentException("a message type must be registered once: " + name);
      }
      return this;
    }

    /** The mapper's builder, to add modules or mix-ins. */
    public JsonMapper.Builder mapper() {
      return mapper;
    }

    /** Builds a codec that reads all data at once. */
    public MessageCodec build() {
      return build(any -> false, Set.of());
    }

    /**
     * Builds the codec.
     *
     * @param mayAsk true for a class of data whose rules or readers may wait for somebody: values
     *     of it are read in the turn of their handler
     * @param atOnce types that are read at once, whatever their class
     */
    public MessageCodec build(Predicate<Class<?>> mayAsk, Set<String> atOnce) {
      return new MessageCodec(this, mayAsk, atOnce);
    }
  }
}
