package dev.drawbridge.endpoint.internal.transport.jakarta;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes of a text frame; module {@code containers} sends them through each Tomcat. */
class TomcatFramesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 81 00",
    "125, 81 7d",
    "126, 81 7e 00 7e",
    "32768, 81 7e 80 00",
    "65535, 81 7e ff ff",
    "65536, 81 7f 00 00 00 00 00 01 00 00"
  })
  void headerSaysTheLength(int bytes, String header) {
    ByteBuffer frame = TomcatFrames.frame("x".repeat(bytes));

    StringBuilder begin = new StringBuilder();
    while (frame.remaining() > bytes) {
      begin.append(begin.length() == 0 ? "" : " ").append("%02x".formatted(frame.get()));
    }
    assertThat(begin).hasToString(header);
  }

  @Test
  void payloadIsUtf8() {
    ByteBuffer frame = TomcatFrames.frame("h\u00e4\u20ac\ud83d\ude00").position(2);

    assertThat(StandardCharsets.UTF_8.decode(frame).toString())
        .isEqualTo("h\u00e4\u20ac\ud83d\ude00");
  }

  @Test
  void containerThatIsOtherInsideHasNone() {
    assertThat(TomcatFrames.of(getClass().getClassLoader())).isNull();
  }
}
