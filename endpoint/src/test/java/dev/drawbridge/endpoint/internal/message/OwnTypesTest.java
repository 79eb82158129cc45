package dev.drawbridge.endpoint.internal.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import dev.drawbridge.endpoint.ErrorCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Types of the application's own make follow the table, and none looks up what a client names. */
class OwnTypesTest {
  enum Level {
    LOW(1),
    HIGH(2);

    private final int number;

    Level(int number) {
      this.number = number;
    }

    @JsonValue
    int number() {
      return number;
    }
  }

  enum Word {
    YES,
    NO;

    @JsonCreator
    static Word of(String text) {
      return text.equals("y") ? YES : NO;
    }
  }

  record Count(@JsonValue int value) {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    Count {}
  }

  record Size(@JsonValue long value) {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    Size {}
  }

  record Weight(@JsonValue double value) {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    Weight {}
  }

  record Name(@JsonValue String value) {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    Name {}
  }

  record All(
      Optional<Level> level,
      Optional<Word> word,
      Optional<Count> count,
      Optional<Size> size,
      Optional<Weight> weight,
      Optional<Name> name) {}

  private static final MessageCodec CODEC = MessageCodec.builder().type("all", All.class).build();

  private static Message read(String member, String json) {
    return CODEC.read("{\"type\":\"all\",\"data\":{\"" + member + "\":" + json + "}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "level|\"1\"|one of [1, 2]",
        "level|3|one of [1, 2]",
        "level|1.0|one of [1, 2]",
        "level|true|one of [1, 2]",
        "word|5|one of [YES, NO]",
        "word|true|one of [YES, NO]",
        "word|1.5|one of [YES, NO]",
        "count|-0|integer",
        "count|\"1\"|integer",
        "count|1.0|integer",
        "size|-0|integer",
        "size|1e3|integer",
        "weight|1e400|number that fits 64 bits",
        "weight|-1e400|number that fits 64 bits",
        "weight|1e-999|number that fits 64 bits",
        "weight|\"1\"|number",
        "name|5|string",
        "name|{}|string",
      })
  void valueOfAnotherKindIsRefused(String member, String json, String expected) {
    Message message = read(member, json);

    assertThat(message.failure()).isNull();
    Detail detail = message.payloadFault().details().get(0);
    assertThat(detail.path()).isEqualTo("/data/" + member);
    assertThat(detail.expected()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "level|1|1",
        "word|\"y\"|\"YES\"",
        "count|5|5",
        "size|9223372036854775807|9223372036854775807",
        "weight|-0.0|-0.0",
        "weight|-0|-0.0",
        "weight|5|5.0",
        "weight|0.5|0.5",
        "name|\"\"|\"\"",
      })
  void valueThatFitsComesBack(String member, String json, String back) throws IOException {
    Message message = read(member, json);

    assertThat(message.data()).isInstanceOf(All.class);
    assertThat(
            CODEC.mapper().readTree(CODEC.mapper().writeValueAsString(message.data())).get(member))
        .hasToString(back);
  }

  record Host(InetAddress host) {}

  record Peer(Optional<InetSocketAddress> peer) {}

  record Loads(List<Class<?>> types) {}

  record Type(JavaType type) {}

  record ServerConnection(Map<String, URL> links) {}

  record ByUrl(Map<URL, String> links) {}

  record ByClass(Map<Class<?>, String> names) {}

  record Files(Map<String, List<Path>> files) {}

  record Xml(org.w3c.dom.Document document) {}

  record Deep(List<Optional<Host>> hosts) {}

  @ParameterizedTest
  @ValueSource(
      classes = {
        Host.class,
        Peer.class,
        Loads.class,
        Type.class,
        ServerConnection.class,
        ByUrl.class,
        ByClass.class,
        Files.class,
        Xml.class,
        Deep.class,
        URL.class
      })
  void typeThatWouldBeLookedUpStopsTheStart(Class<?> type) {
    MessageCodec.Builder builder = MessageCodec.builder().type("named", type);

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the data of named: a payload must not hold a ");
  }

  @Test
  void deserializerOfTheApplicationMayReadSuchAType() {
    MessageCodec.Builder builder = MessageCodec.builder().type("named", Host.class);
    builder
        .mapper()
        .addModule(new SimpleModule().addDeserializer(InetAddress.class, new Loopback()));

    Message message = builder.build().read("{\"type\":\"named\",\"data\":{\"host\":\"here\"}}");

    assertThat(message.data()).isEqualTo(new Host(InetAddress.getLoopbackAddress()));
  }

  /** Takes any text for this machine. */
  private static final class Loopback extends StdDeserializer<InetAddress> {
    private static final long serialVersionUID = 1L;

    Loopback() {
      super(InetAddress.class);
    }

    @Override
    public InetAddress deserialize(JsonParser parser, DeserializationContext context) {
      return InetAddress.getLoopbackAddress();
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes(@JsonSubTypes.Type(value = Hidden.class, name = "hidden"))
  interface Shape {}

  record Hidden(InetAddress host) implements Shape {}

  @Test
  void typeThatIsHiddenInASubtypeIsRefusedWithItsMessage() {
    MessageCodec codec = MessageCodec.builder().type("shape", Shape.class).build();

    Message message =
        codec.read("{\"type\":\"shape\",\"data\":{\"kind\":\"hidden\",\"host\":\"127.0.0.1\"}}");

    assertThat(message.data()).isNull();
    assertThat(message.failure()).hasMessageContaining("must not hold a java.net.InetAddress");
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
  interface Open {}

  /** Tells that it was loaded. */
  static final class Trap implements Open {
    static {
      System.setProperty("drawbridge.test.trap", "sprung");
    }
  }

  @Test
  void classThatAMessageNamesIsNotLoaded() {
    MessageCodec codec = MessageCodec.builder().type("open", Open.class).build();

    Message message =
        codec.read(
            "{\"type\":\"open\",\"data\":{\"@class\":\"" + getClass().getName() + "$Trap\"}}");

    assertThat(message.payloadFault().code()).isEqualTo(ErrorCode.MESSAGE_DATA_INVALID);
    assertThat(System.getProperty("drawbridge.test.trap")).isNull();
  }
}
