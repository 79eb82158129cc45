package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RulesTest {
  private static Rules rules(String... prefixes) {
    Map<String, Rule> all = new HashMap<>();
    for (String prefix : prefixes) {
      Scene.OpenRule rule = new Scene.OpenRule();
      rule.denied.add(prefix);
      all.put(prefix, rule);
    }
    return new Rules(all);
  }

  @ParameterizedTest
  @CsvSource({
    "room:1, room:",
    "room:, room:",
    "room:vip:1, room:vip:",
    "room:vip, room:",
    "room:vipx, room:",
    "room:zz, room:",
    "r, r",
    "rooms, r",
    "ro:1, r",
    "a, ''",
    "zebra, ''"
  })
  void theLongestPrefixWins(String channel, String prefix) {
    Rules rules = rules("room:", "room:vip:", "room:visit:", "r", "");

    assertThat(((Scene.OpenRule) rules.find(channel)).denied).containsExactly(prefix);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "rook:1", "room", "ROOM:1", "s", "~", "~bob", "~room:1"})
  void aChannelWithoutARuleHasNone(String channel) {
    assertThat(rules("room:", "room:vip:").find(channel)).isNull();
  }

  @Test
  void noRuleReachesTheChannelsOfUsers() {
    assertThat(rules("", "~").find("~bob")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "~", "room:1", "A0:._@/-", "~x", "9"})
  void namesOfTheGrammarAreValid(String name) {
    assertThat(ChannelNames.isValid(name)).isTrue();
    assertThat(ChannelNames.isValid(name + "x".repeat(ChannelNames.MAX_LENGTH - name.length())))
        .isTrue();
    assertThat(ChannelNames.isValid(name + "x".repeat(ChannelNames.MAX_LENGTH))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ":a",
        "-a",
        "/a",
        "a b",
        "a\"b",
        "a\\b",
        "a\nb",
        "a\u0000",
        "ä",
        "a~",
        "a*",
        "a{1}",
        "a\uD83D\uDE00",
        "room:1\u2028"
      })
  void everythingElseIsNot(String name) {
    assertThat(ChannelNames.isValid(name)).isFalse();
  }
}
