package dev.drawbridge.endpoint.internal.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.ErrorCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageCodecTest {
  record Chat(String to, @Size(min = 1, max = 5) String text, @Nullable Integer priority) {}

  record Item(@NotBlank String name, @Max(10) int count) {}

  record Order(List<@Valid Item> items, Optional<String> note, Instant at) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Loose(boolean on) {}

  private final MessageCodec codec =
      MessageCodec.builder()
          .type("chat.send", Chat.class)
          .type("order", Order.class)
          .type("loose", Loose.class)
          .type("echo", JsonNode.class)
          .type("leave", Void.class)
          .build();

  @Test
  void goodFrameIsBoundToItsRecord() {
    Message message =
        codec.read(
            "{\"type\":\"chat.send\",\"id\":\"c1\",\"data\":{\"to\":\"bob\",\"text\":\"hi\"}}");

    assertThat(message.fault()).isNull();
    assertThat(message.payloadFault()).isNull();
    assertThat(message.id()).isEqualTo("c1");
    assertThat(message.data()).isEqualTo(new Chat("bob", "hi", null));
  }

  @Test
  void orderOfMembersDoesNotMatter() {
    Message message =
        codec.read(
            " {\"data\": {\"to\":\"b}\\\"ob\",\"text\":\"hi\",\"priority\":3} ,"
                + "\"x\":[{}], \"id\":null,\"type\":\"chat.send\"} ");

    assertThat(message.payloadFault()).isNull();
    assertThat(message.data()).isEqualTo(new Chat("b}\"ob", "hi", 3));
    assertThat(message.id()).isNull();
  }

  @Test
  void timesAreEpochMilliseconds() {
    Message message =
        codec.read(
            "{\"type\":\"order\",\"data\":{\"items\":[],\"at\":1766000000123,\"note\":null}}");

    assertThat(message.data())
        .isEqualTo(
            new Order(List.of(), Optional.empty(), Instant.ofEpochMilli(1_766_000_000_123L)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "~~|message_not_json",
        "~ ~|message_not_json",
        "{|message_not_json",
        "{\"type\":\"echo\"|message_not_json",
        "{\"type\":\"echo\"} x|message_not_json",
        "{\"type\":\"echo\"}{}|message_not_json",
        "{'type':'echo'}|message_not_json",
        "{\"type\":\"echo\",}|message_not_json",
        "{\"type\":\"echo\",\"data\":NaN}|message_not_json",
        "{\"type\":\"echo\",\"data\":\"\\q\"}|message_not_json",
        "{\"type\":\"echo\",\"data\":01}|message_not_json",
        "{\"type\":\"echo\",\"other\":\"\\q\"}|message_not_json",
        "{\"type\":\"nobody\",\"data\":tru}|message_not_json",
        "\uFEFF{\"type\":\"echo\"}|message_not_json",
        "[]|message_not_object",
        "\"text\"|message_not_object",
        "12|message_not_object",
        "null|message_not_object",
        "[] []|message_not_json",
        "{\"type\":\"echo\",\"type\":\"echo\"}|message_duplicate_member",
        "{\"type\":\"echo\",\"data\":{\"a\":1,\"a\":2}}|message_duplicate_member",
        "{\"type\":\"echo\",\"x\":{\"a\":1,\"\\u0061\":2}}|message_duplicate_member",
        "{}|message_type_missing",
        "{\"type\":null}|message_type_missing",
        "{\"type\":5}|message_type_invalid",
        "{\"type\":{\"a\":[]}}|message_type_invalid",
        "{\"type\":\"\"}|message_type_invalid",
        "{\"type\":\"Echo\"}|message_type_invalid",
        "{\"type\":\"a..b\"}|message_type_invalid",
        "{\"type\":\"a.\"}|message_type_invalid",
        "{\"type\":\"1a\"}|message_type_invalid",
        "{\"type\":\"nobody\"}|message_type_unknown",
        "{\"type\":\"welcome\"}|message_type_reserved",
        "{\"type\":\"ack\",\"id\":\"1\"}|message_type_reserved",
        "{\"type\":\"subscribe\"}|message_id_invalid",
        "{\"type\":\"echo\",\"id\":5}|message_id_invalid",
        "{\"type\":\"echo\",\"id\":\"\"}|message_id_invalid",
        "{\"type\":\"echo\",\"id\":\"a b\"}|message_id_invalid",
        "{\"type\":\"echo\",\"id\":\"ä\"}|message_id_invalid",
        "{\"type\":\"nobody\",\"id\":[]}|message_id_invalid",
        "{\"id\":[]}|message_type_missing",
      })
  void firstBrokenRuleNamesTheFault(String text, String code) {
    Message message = codec.read(text);

    assertThat(message.fault()).isNotNull();
    assertThat(message.fault().code().word()).isEqualTo(code);
  }

  @Test
  void depthCountsTheEnvelope() {
    String good = "{\"type\":\"echo\",\"data\":" + "[".repeat(31) + "]".repeat(31) + "}";
    String bad = "{\"type\":\"echo\",\"data\":" + "[".repeat(32) + "]".repeat(32) + "}";
    String endless = "{\"type\":\"echo\",\"data\":" + "[".repeat(60_000);

    assertThat(codec.read(good).fault()).isNull();
    assertThat(codec.read(bad).fault().code()).isEqualTo(ErrorCode.MESSAGE_TOO_DEEP);
    assertThat(codec.read(endless).fault().code()).isEqualTo(ErrorCode.MESSAGE_TOO_DEEP);
  }

  @Test
  void typeAndIdHaveAMaximum() {
    String longest = "a".repeat(64);

    assertThat(codec.read("{\"type\":\"" + longest + "\"}").fault().code())
        .isEqualTo(ErrorCode.MESSAGE_TYPE_UNKNOWN);
    assertThat(codec.read("{\"type\":\"a" + longest + "\"}").fault().code())
        .isEqualTo(ErrorCode.MESSAGE_TYPE_INVALID);
    assertThat(codec.read("{\"type\":\"echo\",\"id\":\"" + longest + "\"}").fault()).isNull();
    assertThat(codec.read("{\"type\":\"echo\",\"id\":\"a" + longest + "\"}").fault().code())
        .isEqualTo(ErrorCode.MESSAGE_ID_INVALID);
  }

  @Test
  void idIsKeptWhenTheFrameWasReadFarEnough() {
    assertThat(codec.read("{\"type\":\"nobody\",\"id\":\"7\"}").id()).isEqualTo("7");
    assertThat(codec.read("{\"type\":5,\"id\":\"7\"}").id()).isEqualTo("7");
    assertThat(codec.read("{\"type\":\"chat.send\",\"id\":\"7\"}").id()).isEqualTo("7");
    assertThat(codec.read("{\"id\":\"7\",\"a\":1,\"a\":2}").id()).isNull();
  }

  @Test
  void everyProblemOfTheDataHasItsPointer() {
    Message message =
        codec.read(
            "{\"type\":\"chat.send\",\"id\":\"1\",\"data\":{\"text\":5,\"to\":true,\"a/b\":1}}");

    assertThat(message.fault()).isNull();
    assertThat(message.payloadFault().code()).isEqualTo(ErrorCode.MESSAGE_DATA_INVALID);
    assertThat(message.payloadFault().details())
        .contains(
            new Detail("/data/text", "string", "number"),
            new Detail("/data/to", "string", "boolean"),
            new Detail("/data/a~1b", "no such member", "number"));
    assertThat(message.payloadFault().hint())
        .isEqualTo(
            "the data of chat.send is {\"to\": string, \"text\": string, \"priority\": integer}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"to\":\"b\"}|/data/text|string|absent",
        "{\"to\":\"b\",\"text\":null}|/data/text|string|null",
        "{\"to\":\"b\",\"text\":[]}|/data/text|string|array",
        "{\"to\":\"b\",\"text\":\"x\",\"priority\":1.5}|/data/priority|integer|number",
        "{\"to\":\"b\",\"text\":\"x\",\"priority\":\"1\"}|/data/priority|integer|string",
        "\"x\"|/data|object|string",
        "[]|/data|object|array",
        "null|/data|object|absent",
        "{\"to\":\"b\",\"text\":\"\"}|/data/text|size must be between 1 and 5|string of 0 characters",
      })
  void eachKindOfProblemIsNamed(String data, String path, String expected, String actual) {
    Message message = codec.read("{\"type\":\"chat.send\",\"data\":" + data + "}");

    assertThat(message.payloadFault().details())
        .containsExactly(new Detail(path, expected, actual));
  }

  @Test
  void validationReachesIntoLists() {
    Message message =
        codec.read(
            "{\"type\":\"order\",\"data\":{\"at\":1,\"items\":"
                + "[{\"name\":\"a\",\"count\":1},{\"name\":\" \",\"count\":11}]}}");

    assertThat(message.payloadFault().details())
        .extracting(Detail::path)
        .containsExactly("/data/items/1/count", "/data/items/1/name");
  }

  @Test
  void dataOfATypeThatTakesNoneIsRefused() {
    assertThat(codec.read("{\"type\":\"leave\"}").payloadFault()).isNull();
    assertThat(codec.read("{\"type\":\"leave\",\"data\":null}").payloadFault()).isNull();
    assertThat(codec.read("{\"type\":\"leave\",\"data\":{}}").payloadFault()).isNotNull();
  }

  @Test
  void recordMayAllowUnknownMembers() {
    assertThat(codec.read("{\"type\":\"loose\",\"data\":{\"on\":true,\"x\":1}}").data())
        .isEqualTo(new Loose(true));
  }

  @Test
  void unknownTypeNamesTheNearest() {
    assertThat(codec.read("{\"type\":\"chat.sent\"}").fault().hint())
        .startsWith("known types near it: chat.send");
  }

  @Test
  void hugeNumberIsRefusedBeforeItIsComputed() {
    String digits = "9".repeat(60_000);

    assertThat(codec.read("{\"type\":\"echo\",\"data\":" + digits + "}").fault().message())
        .isEqualTo("a number must have at most 1000 digits");
  }

  @Test
  void faultsNeverHoldAValueOfTheMessage() {
    Message message =
        codec.read("{\"type\":\"auth\",\"data\":{\"token\":{\"secret\":\"s3cr3t\"}}}");

    assertThat(message.toString()).doesNotContain("s3cr3t");
  }

  @ParameterizedTest
  @CsvSource({"Chat", "welcome", "echo", "''", "a b", "auth.expiring"})
  void unusableTypeIsRefusedAtRegistration(String name) {
    MessageCodec.Builder builder = MessageCodec.builder().type("echo", JsonNode.class);

    assertThatThrownBy(() -> builder.type(name, JsonNode.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a message type must");
  }
}
