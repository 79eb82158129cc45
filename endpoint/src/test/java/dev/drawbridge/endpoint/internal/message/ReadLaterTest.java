package dev.drawbridge.endpoint.internal.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data that is left to its handler's turn is cut out of its frame whole, wherever it stands. */
class ReadLaterTest {
  private static final MessageCodec AT_ONCE =
      MessageCodec.builder().type("t", JsonNode.class).build();
  private static final MessageCodec LATER =
      MessageCodec.builder().type("t", JsonNode.class).build(any -> true, Set.of());

  /** Across the boundaries of what the parser has in its buffers. */
  private static final int LONG = 10_000;

  private static final String[] SPACES = {"", "", " ", "\n", "\t\r\n ", " ".repeat(4_100)};
  private static final String[] SCALARS = {
    "0",
    "-1",
    "1.5e3",
    "true",
    "false",
    "\"\"",
    "\"\\u20ac\\n\\\"}\"",
    "\"\u00e9\ud83d\ude00\"",
    "null"
  };

  private final Random random = new Random(1);

  private String space() {
    return SPACES[random.nextInt(SPACES.length)];
  }

  private String scalar() {
    int which = random.nextInt(SCALARS.length + 1);
    return which < SCALARS.length
        ? SCALARS[which]
        : "\"" + "x\\\\\u4e16".repeat(random.nextInt(LONG)) + "\"";
  }

  private String value(int depth) {
    StringBuilder text = new StringBuilder(space());
    int members = random.nextInt(3);
    switch (depth == 0 ? 0 : random.nextInt(3)) {
      case 1 -> {
        text.append('[');
        for (int i = 0; i < members; i++) {
          text.append(i == 0 ? "" : ",").append(value(depth - 1));
        }
        text.append(']');
      }
      case 2 -> {
        text.append('{');
        for (int i = 0; i < members; i++) {
          text.append(i == 0 ? "" : ",").append(space()).append("\"m").append(i).append("\":");
          text.append(value(depth - 1));
        }
        text.append('}');
      }
      default -> text.append(scalar());
    }
    return text.append(space()).toString();
  }

  /** The members of a frame in one of their orders. */
  private String frame(String data) {
    String[] members = {"\"type\":\"t\"", "\"id\":\"7\"", "\"data\":" + data};
    int first = random.nextInt(members.length);
    String space = space();
    return space
        + "{"
        + members[first]
        + space
        + ","
        + members[(first + 1) % members.length]
        + ","
        + space
        + members[(first + 2) % members.length]
        + "}"
        + space;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 4})
  void itIsTheSame(int depth) {
    for (int i = 0; i < 300; i++) {
      String text = frame(value(depth));
      Message expected = AT_ONCE.read(text);

      Message read = LATER.read(text);

      assertThat(read.data()).as(text).isInstanceOf(Unread.class);
      Message late = LATER.read((Unread) read.data());
      assertThat(late.data()).as(text).isEqualTo(expected.data());
      assertThat(late.id()).isEqualTo(expected.id());
      assertThat(late.payloadFault()).isEqualTo(expected.payloadFault());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"t\",\"data\":}",
        "{\"type\":\"t\",\"data\":{]}",
        "{\"type\":\"t\",\"data\":[1,]}",
        "{\"type\":\"t\",\"data\":{\"a\":1,\"a\":2}}",
        "{\"type\":\"t\",\"data\":01}",
        "{\"type\":\"t\",\"data\":\"\\x\"}",
        "{\"type\":\"t\",\"data\":1}x",
        "{\"type\":\"t\",\"data\":1,\"data\":2}"
      })
  void whatIsNoFrameIsRefusedAtOnce(String text) {
    Message expected = AT_ONCE.read(text);

    Message read = LATER.read(text);

    assertThat(expected.fault()).isNotNull();
    assertThat(read.fault()).isEqualTo(expected.fault());
  }
}
