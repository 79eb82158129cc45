package dev.drawbridge.filters.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.Principal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The key of a user, wherever an application keeps it. */
class PropertyPathTest {

  /** As applications write them. */
  public static final class Bean {
    private final Object value;

    Bean(Object value) {
      this.value = value;
    }

    public Object getValue() {
      return value;
    }

    public boolean isKnown() {
      return true;
    }

    public String thrown() {
      throw new IllegalStateException("a secret");
    }

    public static String shared() {
      return "static";
    }

    public void run() {}

    private String getHidden() {
      return "hidden" + isKnown();
    }

    @Override
    public String toString() {
      return getHidden();
    }
  }

  /** A class that is not public, with a public accessor. */
  private record Inner(Object value) {}

  static Stream<Arguments> found() {
    UUID id = UUID.randomUUID();
    Principal principal = () -> "alice";
    Map<String, Object> withNull = new HashMap<>();
    withNull.put("login", null);
    return Stream.of(
        Arguments.of("alice", null, "alice"),
        Arguments.of(java.nio.CharBuffer.wrap("alice"), null, "alice"),
        Arguments.of(42, null, "42"),
        Arguments.of((short) 7, null, "7"),
        Arguments.of(Long.MAX_VALUE, null, "9223372036854775807"),
        Arguments.of(new BigInteger("9".repeat(30)), null, "9".repeat(30)),
        Arguments.of(id, null, id.toString()),
        Arguments.of(principal, null, "alice"),
        Arguments.of(principal, "name", "alice"),
        Arguments.of(Optional.of("alice"), null, "alice"),
        Arguments.of(new Bean("alice"), "value", "alice"),
        Arguments.of(new Inner("alice"), "value", "alice"),
        Arguments.of(Map.of("login", 5L), "login", "5"),
        Arguments.of(Map.of("a", new Bean(Optional.of(new Inner("x")))), "a.value.value", "x"),
        // Nobody.
        Arguments.of(null, null, null),
        Arguments.of(null, "value", null),
        Arguments.of(" ", null, null),
        Arguments.of(Optional.empty(), null, null),
        Arguments.of(new Bean(null), "value", null),
        Arguments.of(new Bean(null), "value.deeper", null),
        Arguments.of(withNull, "login", null),
        Arguments.of(Map.of(), "login", null));
  }

  @ParameterizedTest
  @MethodSource("found")
  void keyIsFound(Object start, String path, String expected) {
    assertThat(PropertyPath.of(path).textOf(start)).isEqualTo(expected);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(new Bean("alice"), "login", "has no public getter or accessor of the name"),
        Arguments.of(new Bean("alice"), "hidden", "has no public getter"),
        Arguments.of(new Bean("alice"), "shared", "has no public getter"),
        Arguments.of(new Bean("alice"), "run", "has no public getter"),
        Arguments.of(new Bean("alice"), "thrown", "has thrown java.lang.IllegalStateException"),
        Arguments.of(new Bean("alice"), null, "name the property"),
        Arguments.of(new Bean("alice"), "known", "it is a java.lang.Boolean"),
        Arguments.of(4.5, null, "it is a java.lang.Double"),
        Arguments.of(List.of("alice"), null, "must be a text, a whole number, a UUID"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsNoKeyIsToldByItsTypeAndNotByItsValue(Object start, String path, String sentence) {
    assertThatThrownBy(() -> PropertyPath.of(path).textOf(start))
        .isInstanceOf(UnreadableUserException.class)
        .hasMessageContaining(sentence)
        .hasMessageNotContaining("alice")
        .hasMessageNotContaining("a secret")
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {"login", "account.login", "a.b.c.d.e.f.g.h", "$x._y1"})
  void pathIsNamesJoinedByDots(String path) {
    assertThat(PropertyPath.isOne(path)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "a.", ".a", "a..b", "a b", "a()", "a[0]", "1a", "a.b.c.d.e.f.g.h.i"})
  void anythingElseIsNone(String path) {
    assertThat(PropertyPath.isOne(path)).isFalse();
  }
}
