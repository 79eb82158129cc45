package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageMapTest {
  record Said(String text) {}

  record Heard(String from) {}

  record Marked(String text, String by) {}

  private static void configure(Endpoint.Builder endpoint) {
    endpoint
        .on("say", Said.class)
        .ack(Heard.class)
        .handle((said, connection) -> null)
        .on("leave", Void.class)
        .ack(Void.class)
        .handle((nothing, connection) -> null)
        .on("any", JsonNode.class, (data, connection) -> data)
        .pushes("heard", Heard.class)
        .pushes("say", Said.class);
  }

  @ParameterizedTest
  @CsvSource({
    "java.time.Instant,number",
    "java.time.Duration,number",
    "java.lang.Integer,number",
    "java.math.BigDecimal,number",
    "java.util.OptionalInt,number",
    "java.time.LocalDate,string",
    "java.util.UUID,string",
    "java.lang.String,string",
    "[B,string",
    "java.lang.Boolean,boolean",
    "[I,number[]",
    "[Ljava.lang.String;,string[]",
    "java.util.List,unknown[]",
    "java.util.Map,'Record<string, unknown>'",
    "java.lang.Object,unknown"
  })
  void classOfTheTableIsWhatItIsInJson(Class<?> type, String typeScript) {
    assertThat(
            MessageMap.typeScript(
                endpoint -> endpoint.on("one", type).ack(type).handle((data, connection) -> data),
                "./p"))
        .contains("'one': { send: " + typeScript + "; ack: " + typeScript + " };");
  }

  @Test
  void everyTypeIsListedWithWhatItCarries(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("types/messages.d.ts");

    MessageMap.write(MessageMapTest::configure, "./payloads", file);

    assertThat(Files.readString(file))
        .isEqualTo(
            """
            // Generated from the endpoint's registrations.
            import type { Heard, Said } from './payloads';

            declare module '@drawbridge/client' {
              interface DrawbridgeMessages {
                'any': { send: unknown; ack: unknown };
                'heard': { receive: Heard };
                'leave': { send: null; ack: null };
                'say': { send: Said; ack: Heard; receive: Said };
              }
            }
            """);
  }

  @Test
  void channelsAreListedByPrefixWithWhatIsPublishedAndWhatArrives() {
    String text =
        MessageMap.typeScript(
            endpoint ->
                endpoint
                    .pushes("heard", Heard.class)
                    .channel(
                        "room:",
                        rules ->
                            rules
                                .authorize((user, action, names) -> names)
                                .clientPublish("chat.message", Said.class)
                                .clientPublish(
                                    "chat.marked", Said.class, (said, connection) -> said)
                                .pushes("chat.marked", Marked.class)
                                .clientPublish("chat.typing", Void.class)
                                .pushes("closed", Heard[].class))
                    .channel("", rules -> rules.requires("admin")),
            "./payloads");

    assertThat(text)
        .isEqualTo(
            """
            // Generated from the endpoint's registrations.
            import type { Heard, Marked, Said } from './payloads';

            declare module '@drawbridge/client' {
              interface DrawbridgeMessages {
                'heard': { receive: Heard };
              }
            }

            declare module '@drawbridge/client/channels' {
              interface DrawbridgeChannels {
                '': {};
                'room:': {
                  'chat.marked': { publish: Said; receive: Marked };
                  'chat.message': { publish: Said; receive: Said };
                  'chat.typing': { publish: null; receive: null };
                  'closed': { receive: Heard[] };
                };
                '~': {
                  'heard': { receive: Heard };
                };
              }
            }
            """);
  }

  @Test
  void whatIsPushedInChannelsIsSaidOnceAndHasAName() {
    assertThatThrownBy(
            () ->
                MessageMap.typeScript(
                    endpoint ->
                        endpoint.channel(
                            "room:",
                            rules -> rules.pushes("one", Said.class).pushes("one", Heard.class)),
                    "./p"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("said once: one");
    assertThatThrownBy(
            () ->
                MessageMap.typeScript(
                    endpoint -> endpoint.channel("room:", rules -> rules.pushes("ack", Said.class)),
                    "./p"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
