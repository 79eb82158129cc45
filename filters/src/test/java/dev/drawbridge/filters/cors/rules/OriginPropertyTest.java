package dev.drawbridge.filters.cors.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * The parser and the policy over generated text, against a second definition that is as plain as
 * possible: enumerate all origins that an entry allows for the hosts and ports in play.
 */
class OriginPropertyTest {
  private static final List<String> LIST =
      List.of(
          "https://app.example.com",
          "http://shop.example.com:8080",
          "https://*.example.org",
          "https://*.wide.example:*",
          "http://[2001:db8::7]:3000",
          "http://192.168.1.10:*");

  private static final OriginPolicy PRODUCTION = policy(false);
  private static final OriginPolicy DEVELOPMENT = policy(true);

  private static OriginPolicy policy(boolean loopback) {
    List<OriginRule> rules = new ArrayList<>();
    LIST.forEach(item -> rules.add(OriginRule.parse(item).rule()));
    return new OriginPolicy(rules, loopback);
  }

  @Property(tries = 20_000, seed = "4701")
  void noTextMakesTheParserThrow(@ForAll("text") String text) {
    ParsedOrigin parsed = Origin.parse(text);

    if (parsed instanceof Origin origin) {
      assertThat(Origin.parse(origin.toString())).isEqualTo(origin);
      assertThat(origin.port()).isBetween(1, 65_535);
      assertThat(text.toLowerCase(Locale.ROOT)).startsWith(origin.scheme() + "://" + origin.host());
    }
  }

  @Property(tries = 20_000, seed = "4702")
  void nothingIsAllowedThatThePlainDefinitionDoesNotAllow(@ForAll("nearMiss") String text) {
    assertThat(PRODUCTION.refusalOf(text) == null).as(text).isEqualTo(plainlyAllowed(text, false));
    assertThat(DEVELOPMENT.refusalOf(text) == null).as(text).isEqualTo(plainlyAllowed(text, true));
  }

  @Property(tries = 5_000, seed = "4703")
  void whatFollowsOrPrecedesAnAllowedOriginRefusesIt(
      @ForAll("allowed") String allowed, @ForAll("junk") String junk) {
    assertThat(plainlyAllowed(allowed, true)).isTrue();
    assertThat(DEVELOPMENT.refusalOf(allowed)).isNull();
    assertThat(DEVELOPMENT.refusalOf(junk + allowed)).isNotNull();
    assertThat(DEVELOPMENT.refusalOf(allowed + junk)).isNotNull();
  }

  @Property(tries = 5_000, seed = "4704")
  void hintsAndLogTextHoldPrintableAsciiAndTheEllipsisAlone(@ForAll("text") String text) {
    assertThat(OriginText.escaped(text)).matches("[ -~]*…?").doesNotContainPattern("(?<!\\\\)\"");
    OriginReason reason = DEVELOPMENT.refusalOf(text);
    if (reason != null) {
      OriginHints hints =
          new OriginHints(
              dev.drawbridge.filters.settings.DevMode.DEVELOPMENT,
              DEVELOPMENT,
              new OriginPolicy(List.of(), false));
      assertThat(hints.of(reason, text, text)).isNotBlank().matches("[ -~…]*");
    }
  }

  @Property(tries = 5_000, seed = "4705")
  void noTextMakesTheOtherReadersThrow(@ForAll("text") String text) {
    OriginRule.Entry entry = OriginRule.parse(text);
    assertThat(entry.rule() == null).isNotEqualTo(entry.problem() == null);
    if (entry.rule() != null) {
      assertThat(OriginRule.parse(entry.rule().toString()).rule()).isEqualTo(entry.rule());
    }
    HostPolicy hosts = HostPolicy.of(List.of("app", "*.tunnel.example"), List.of());
    assertThat(hosts.allows(text)).isIn(true, false);
  }

  /**
   * The definition once more: cut at fixed places, then ask each entry. Needs no care for
   * efficiency or reasons, only for being obviously right.
   */
  private static boolean plainlyAllowed(String text, boolean development) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (text.length() > 300 || !text.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
      return false;
    }
    java.util.regex.Matcher parts =
        java.util.regex.Pattern.compile(
                "(https?)://(\\[[0-9a-f:]+]|[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*)(?::([1-9][0-9]{0,4}))?")
            .matcher(lower);
    if (!parts.matches()) {
      return false;
    }
    String scheme = parts.group(1);
    String host = parts.group(2);
    String written = parts.group(3);
    int port = written == null ? (scheme.equals("https") ? 443 : 80) : Integer.parseInt(written);
    boolean https = scheme.equals("https");
    if (port > 65_535) {
      return false;
    }
    boolean labelsFit = host.length() <= 253;
    for (String label : host.split("\\.", -1)) {
      labelsFit &= host.startsWith("[") || label.length() <= 63;
    }
    boolean machine = List.of("localhost", "127.0.0.1", "[::1]").contains(host);
    return labelsFit
        && ((development && machine)
            || (https && host.equals("app.example.com") && port == 443)
            || (!https && host.equals("shop.example.com") && port == 8080)
            || (https && host.endsWith(".example.org") && port == 443)
            || (https && host.endsWith(".wide.example"))
            || (!https && host.equals("[2001:db8::7]") && port == 3000)
            || (!https && host.equals("192.168.1.10")));
  }

  @Provide
  Arbitrary<String> text() {
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMaxLength(400), nearMiss(), nearMiss().map(t -> t + "\r\nX: y"));
  }

  /** Pieces of origins, good and bad, in every order. */
  @Provide
  Arbitrary<String> nearMiss() {
    Arbitrary<String> scheme =
        Arbitraries.of("http", "https", "HTTPS", "ws", "ftp", "", "httpss", "https ", "null");
    Arbitrary<String> separator =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(20, Arbitraries.just("://")),
            net.jqwik.api.Tuple.of(1, Arbitraries.of(":", "//", ":/", ":///", "://@", "://a@")));
    Arbitrary<String> prefix =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(8, Arbitraries.just("")),
            net.jqwik.api.Tuple.of(
                4, Arbitraries.of("www.", "evil", "evil.", ".", "a.b.", "-", "*.", "%2e", "x/.")),
            net.jqwik.api.Tuple.of(1, Arbitraries.strings().ascii().ofMaxLength(70)));
    Arbitrary<String> host =
        Arbitraries.of(
            "app.example.com",
            "shop.example.com",
            "example.org",
            "a.example.org",
            "wide.example",
            "x.wide.example",
            "[2001:db8::7]",
            "192.168.1.10",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "127.1",
            "[::]",
            "LOCALHOST",
            "[0:0:0:0:0:0:0:1]",
            "exaмple.org",
            "com",
            "");
    Arbitrary<String> suffix =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(12, Arbitraries.just("")),
            net.jqwik.api.Tuple.of(
                4, Arbitraries.of(".", ".evil.com", "evil", "/", "/x", "?", "#", "\\", "\t", " ")),
            net.jqwik.api.Tuple.of(1, Arbitraries.strings().ascii().ofMaxLength(5)));
    Arbitrary<String> port =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(6, Arbitraries.just("")),
            net.jqwik.api.Tuple.of(
                3, Arbitraries.of(":443", ":80", ":8080", ":3000", ":0", ":65536", ":080", ":")),
            net.jqwik.api.Tuple.of(
                1, Arbitraries.integers().between(-1, 70_000).map(p -> ":" + p)));
    return Combinators.combine(scheme, separator, prefix, host, suffix, port)
        .as((s, sep, pre, h, suf, p) -> s + sep + pre + h + suf + p);
  }

  @Provide
  Arbitrary<String> allowed() {
    Arbitrary<String> label =
        Arbitraries.strings().withCharRange('a', 'z').numeric().ofMinLength(1).ofMaxLength(20);
    Arbitrary<Integer> port = Arbitraries.integers().between(1, 65_535);
    return Arbitraries.oneOf(
        Arbitraries.of("https://app.example.com", "https://app.example.com:443", "http://[::1]"),
        label.map(l -> "https://" + l + ".example.org"),
        Combinators.combine(label, label, port)
            .as((a, b, p) -> "https://" + a + "." + b + ".wide.example:" + p),
        port.map(p -> "http://localhost:" + p),
        port.map(p -> "http://192.168.1.10:" + p));
  }

  /** Never digits or a colon, which may extend a port, and never a scheme of its own. */
  @Provide
  Arbitrary<String> junk() {
    return Arbitraries.oneOf(
        Arbitraries.of("/", "\\", "?", "#", "@", " ", ",", "\t", "\u0000", "%00", ".", "é", "*"),
        Arbitraries.strings()
            .withChars("/\\?#@ ,\t\u0000\u0085\u3002%.;'\"<>")
            .ofMinLength(1)
            .ofMaxLength(8));
  }
}
