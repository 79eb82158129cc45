package dev.drawbridge.filters.cors.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.settings.DevMode;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OriginHintsTest {
  private static final OriginPolicy LIST =
      policy(
          "https://app.example.com",
          "https://www.example.net",
          "http://shop.example.com:8080",
          "https://*.example.org");

  private static OriginPolicy policy(String... items) {
    return new OriginPolicy(
        Stream.of(items)
            .map(item -> Objects.requireNonNull(OriginRule.parse(item).rule()))
            .toList(),
        false);
  }

  private static String hint(OriginHints hints, String value) {
    OriginReason reason = Objects.requireNonNull(LIST.refusalOf(value), value);
    return hints.of(reason, value, "intern.example.com:8080");
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          http://app.example.com, scheme differs from https://app.example.com; add http://app.example.com to
          https://app.example.com:8443, port differs from https://app.example.com; add https://app.example.com:8443 to
          http://app.example.com:8443, scheme and port differ from https://app.example.com; add
          https://example.net, differs by www. from https://www.example.net; add https://example.net to
          https://www.app.example.com, differs by www. from https://app.example.com; add
          https://a.app.example.com, is a subdomain of https://app.example.com
          https://example.com, is a parent domain of https://app.example.com
          https://example.org, https://*.example.org covers names below example.org but not the domain itself
          http://a.example.org, scheme differs from https://*.example.org
          https://a.example.org:8443, port differs from https://*.example.org
          http://shop.example.com, port differs from http://shop.example.com:8080
          https://shop.example.com:8080, scheme differs from http://shop.example.com:8080
          https://evil.com, no entry is near it
          http://intern.example.com:8080, this is the application's own address
          http://localhost:3000, localhost is allowed in dev mode only
          http://192.168.1.10:3000, no entry is near it
          https://staging.example.com, https://staging.example.com is listed in DEV_WEBSOCKET_ORIGINS which has no effect in production
          null, a file:// page
          https://app.example.com., open it without the dot
          https://app.example.com/, no browser sends this
          ws://app.example.com, only http and https pages
          https://a https://b, look for a proxy
          """)
  void productionNamesTheNearestEntryAndTheSetting(String origin, String start) {
    OriginHints hints =
        new OriginHints(DevMode.PRODUCTION, LIST, policy("https://staging.example.com"));

    String hint = hint(hints, origin);

    assertThat(hint.replace("ORIGINS, which", "ORIGINS which")).contains(start);
    if (LIST.refusalOf(origin) == OriginReason.NOT_LISTED) {
      assertThat(hint).endsWith("add " + origin + " to WEBSOCKET_ALLOWED_ORIGINS");
    }
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          http://192.168.1.10:3000, dev mode allows only localhost
          http://0.0.0.0:3000, dev mode allows only localhost
          http://box:3000, dev mode allows only localhost
          http://a.localhost:3000, dev mode allows only localhost
          http://mac.local, dev mode allows only localhost
          https://evil.com, no entry is near it
          https://live.example.com, https://live.example.com is listed in WEBSOCKET_ALLOWED_ORIGINS which has no effect in dev mode
          """)
  void devModeNamesItsOwnSetting(String origin, String start) {
    OriginHints hints =
        new OriginHints(DevMode.DEVELOPMENT, LIST, policy("https://live.example.com"));

    assertThat(hint(hints, origin).replace("ORIGINS, which", "ORIGINS which"))
        .startsWith(start)
        .endsWith("add " + origin + " to DEV_WEBSOCKET_ORIGINS");
  }

  @Test
  void emptyListIsSaidToBeEmpty() {
    OriginPolicy empty = new OriginPolicy(List.of(), false);

    assertThat(
            new OriginHints(DevMode.PRODUCTION, empty, empty)
                .of(OriginReason.NOT_LISTED, "https://app.example.com", null))
        .isEqualTo(
            "WEBSOCKET_ALLOWED_ORIGINS is empty;"
                + " add https://app.example.com to WEBSOCKET_ALLOWED_ORIGINS");
  }
}
