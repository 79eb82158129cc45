package dev.drawbridge.endpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Settings;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelConfigTest {
  @Test
  void defaultsAreThoseOfTheProtocol() {
    ChannelConfig config = ChannelConfig.from(Settings.of(Map.of()));

    assertThat(config.channelsPerConnection()).isEqualTo(100);
    assertThat(config.window()).hasMinutes(5);
    assertThat(config.windowMessages()).isEqualTo(20_000);
    assertThat(config.windowBytes()).isEqualTo(32L * 1024 * 1024);
    assertThat(config.replayMessages()).isEqualTo(256);
    assertThat(config.replayBytes()).isEqualTo(512 * 1024);
  }

  @Test
  void aReplayThatNobodyHasSetFitsASmallQueue() {
    ChannelConfig config =
        ChannelConfig.from(
            Settings.of(
                Map.of(
                    "drawbridge.send.queue.frames", "8", "drawbridge.send.queue.bytes", "4096")));

    assertThat(config.replayMessages()).isEqualTo(4);
    assertThat(config.replayBytes()).isEqualTo(2048);
  }

  @ParameterizedTest
  @CsvSource({
    "drawbridge.replay.messages, 512, DRAWBRIDGE_REPLAY_MESSAGES",
    "drawbridge.replay.bytes, 1048576, DRAWBRIDGE_REPLAY_BYTES"
  })
  void oneThatWasSetAndDoesNotFitStopsTheStart(String name, String value, String setting) {
    assertThatThrownBy(() -> ChannelConfig.from(Settings.of(Map.of(name, value))))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(setting)
        .hasMessageContaining(value);
  }

  @Test
  void aWindowShorterThanARefreshAndAMinuteStopsTheStart() {
    Settings settings = Settings.of(Map.of("drawbridge.resume.window", "119s"));

    assertThat(settings.problems())
        .singleElement()
        .asString()
        .contains("DRAWBRIDGE_RESUME_WINDOW")
        .contains("2m");
  }
}
