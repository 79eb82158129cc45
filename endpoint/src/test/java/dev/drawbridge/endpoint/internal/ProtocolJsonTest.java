package dev.drawbridge.endpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written without Jackson is what Jackson writes. */
class ProtocolJsonTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "alice",
        "a \"quoted\" \\ name",
        "tab\tline\nbell\u0007 and \u0000",
        "\u00e9\u4e16\ud83d\ude00",
        "half \ud83d of a pair",
        "</script>\u2028\u007f"
      })
  void userIsWrittenAsItsMap(String name) {
    for (Set<String> roles :
        java.util.List.of(Set.<String>of(), Set.of(name), Set.of("b", "a", name))) {
      User user = User.builder(name).displayName(name + "!").roles(roles).build();

      String json = Protocol.json(user);

      assertThat(json).isEqualTo(Json.text(Protocol.user(user)));
    }
  }
}
