package dev.drawbridge.filters.cors.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Settings;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorsConfigTest {

  private static CorsConfig production(String... namesAndValues) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return CorsConfig.from(Settings.of(values));
  }

  private static CorsConfig origins(String list) {
    return production("WEBSOCKET_ALLOWED_ORIGINS", list);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          *                               | every page
          null                            | file:// page
          NULL                            | file:// page
          https://*                       | neither the first label
          https://*.com                   | at least two labels
          http://*.localhost:*            | at least two labels
          https://*.10.0.0.1              | at least two labels
          https://a.*.org                 | neither the first label
          https://*a.example.org          | neither the first label
          https://a.example.org:8*        | neither the first label
          *.example.org                   | must begin with http
          app.example.com                 | must begin with http
          localhost:3000                  | must begin with http
          //app.example.com               | must begin with http
          https://app.example.com/path    | browsers send no path
          https://app.example.com//       | browsers send no path
          https://app.example.com?x       | browsers send no path
          https://app.example.com/#       | browsers send no path
          https://user@app.example.com    | must not name a user
          wss://app.example.com           | is a WebSocket address
          ws://localhost:3000             | is a WebSocket address
          ftp://app.example.com           | must begin with http
          https://app.example.com.        | must not have a dot
          https://app.example.com:0       | must have a port in
          https://app.example.com:65536   | must have a port in
          https://app.example.com:080     | must have a port in
          https://app.example.com:        | must have a port in
          https://app.example.com:80:*    | has two ports
          https://bücher.example          | browsers send https://xn--bcher-kva.example
          https://a b.example             | put commas between several
          https://app.example.com;https   | must have a host as browsers write it
          https://127.1                   | must have a host as browsers write it
          http://[0:0:0:0:0:0:0:1]        | must have a host as browsers write it
          https://                        | must have a host as browsers write it
          """)
  void entryThatCouldNeverMatchOrWouldBeUnsafeStopsTheStart(String item, String reason) {
    assertThatThrownBy(() -> origins("https://ok.example.com, " + item))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("WEBSOCKET_ALLOWED_ORIGINS: ")
        .hasMessageContaining(OriginText.quoted(item))
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          https://App.Example.COM, https://app.example.com
          HTTPS://app.example.com, https://app.example.com
          https://app.example.com/, https://app.example.com
          https://app.example.com:443, https://app.example.com
          http://10.0.0.5:80/, http://10.0.0.5
          https://*.Example.org/, https://*.example.org
          http://localhost:*/, http://localhost:*
          http://[2001:DB8::1]:8080, http://[2001:db8::1]:8080
          """)
  void harmlessSpellingIsPutIntoNormalFormWithANote(String item, String normal) {
    CorsConfig config = origins("https://other.example.com," + item);

    assertThat(config.origins().allowed()).containsExactly("https://other.example.com", normal);
    assertThat(config.notes())
        .containsExactly("WEBSOCKET_ALLOWED_ORIGINS: \"" + item + "\" is read as " + normal);
    assertThat(config.origins().refusalOf(normal.replace("*.", "x.").replace(":*", ":7"))).isNull();
  }

  @Test
  void blanksEmptyItemsAndRepetitionsAreNoFault() {
    CorsConfig config = origins(" https://a.example.com ,, https://a.example.com , ");

    assertThat(config.origins().allowed()).containsExactly("https://a.example.com");
    assertThat(config.notes()).isEmpty();
    assertThat(config.warnings()).isEmpty();
  }

  @Test
  void productionWarnsAboutAnEmptyListAndNamesTheVariable() {
    assertThat(production().warnings())
        .singleElement()
        .asString()
        .startsWith("WEBSOCKET_ALLOWED_ORIGINS is empty");
  }

  @Test
  void productionWarnsAboutLocalhostAndClearText() {
    assertThat(
            origins("http://localhost:3000, http://a.example.com, https://b.example.com")
                .warnings())
        .satisfiesExactly(
            warning ->
                assertThat(warning).contains("http://localhost:3000 is allowed in production"),
            warning -> assertThat(warning).contains("http://a.example.com is not encrypted"));
  }

  @Test
  void productionIgnoresTheListOfDevModeEntirely() {
    CorsConfig config = production("DEV_WEBSOCKET_ORIGINS", "http://localhost:3000, *, nonsense");

    assertThat(config.origins().allowed()).isEmpty();
    assertThat(config.origins().refusalOf("http://localhost:3000"))
        .isEqualTo(OriginReason.NOT_LISTED);
    assertThat(config.hosts().allows("evil.com")).isTrue();
  }

  @Test
  void devModeReadsItsOwnListAloneAndAllowsThisMachine() {
    CorsConfig config =
        production(
            "ENVIRONMENT", "dev",
            "WEBSOCKET_DEV_MODE", "true",
            "DEV_WEBSOCKET_ORIGINS", "http://192.168.1.10:3000",
            "WEBSOCKET_ALLOWED_ORIGINS", "https://app.example.com, *");

    assertThat(config.origins().refusalOf("http://192.168.1.10:3000")).isNull();
    assertThat(config.origins().refusalOf("http://localhost:1")).isNull();
    assertThat(config.origins().refusalOf("https://app.example.com")).isNotNull();
    assertThat(config.maxAge()).isZero();
    assertThat(config.privateNetwork()).isTrue();
    assertThat(config.warnings()).isEmpty();
  }

  @Test
  void defaultsOfProductionAreThoseOfTheTable() {
    CorsConfig config = production();

    assertThat(config.maxAge()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.privateNetwork()).isFalse();
    assertThat(config.requireOrigin()).isFalse();
    assertThat(config.allowedHeaders())
        .containsExactly("Authorization", "Content-Type", "X-Requested-With");
  }

  @Test
  void methodsHeadersAndHostsAreCheckedToo() {
    assertThatThrownBy(
            () ->
                production(
                    "ENVIRONMENT", "local",
                    "WEBSOCKET_DEV_MODE", "true",
                    "corsAllowedMethods", "*, GET, TRACE, P UT",
                    "corsAllowedHeaders", "*, X-Good, x bad",
                    "corsExposedHeaders", "*, X\"",
                    "allowedHosts", "https://app, app:80, *, *.com, good, *.tunnel.example"))
        .isInstanceOfSatisfying(
            ConfigurationException.class,
            e ->
                assertThat(e.problems())
                    .hasSize(11)
                    .anyMatch(p -> p.startsWith("DRAWBRIDGE_CORS_ALLOWED_METHODS: TRACE"))
                    .anyMatch(p -> p.startsWith("DRAWBRIDGE_CORS_ALLOWED_METHODS: \"P UT\""))
                    .anyMatch(
                        p -> p.startsWith("DRAWBRIDGE_CORS_ALLOWED_HEADERS: * is no wildcard"))
                    .anyMatch(p -> p.startsWith("DRAWBRIDGE_CORS_EXPOSED_HEADERS: \"X\\\"\""))
                    .anyMatch(p -> p.startsWith("DRAWBRIDGE_ALLOWED_HOSTS: \"app:80\"")));
  }

  @Test
  void methodsAreWrittenAsBrowsersSendThem() {
    CorsConfig config =
        production("corsAllowedMethods", "get, PATCH, GET", "corsAllowedHeaders", "X-A, x-a, X-B");

    assertThat(config.allowedMethods()).containsExactly("GET", "PATCH");
    assertThat(config.allowedHeaders()).containsExactly("X-A", "X-B");
    assertThat(config.notes())
        .containsExactly("DRAWBRIDGE_CORS_ALLOWED_METHODS: get is read as GET");
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          localhost, true
          localhost., true
          LOCALHOST:8080, true
          a.localhost, true
          127.0.0.1:80, true
          10.0.0.1, true
          [::1], true
          [fe80::1]:8080, true
          app, true
          APP:8080, true
          x.tunnel.example, true
          x.y.tunnel.example:443, true
          shop.example.com, true
          tunnel.example, false
          evil.com, false
          app.evil.com, false
          localhost.evil.com, false
          127.0.0.1.evil.com, false
          127.1, false
          0x7f000001, false
          2130706433, false
          localhost:90, true
          :80, false
          ., false
          localhost.., false
          app.., false
          localhost:80:80, false
          localhost:x, false
          localhost/, false
          evil.com@localhost, false
          [::1, false
          '', false
          ' ', false
          'localhost, evil.com', false
          """)
  void devModeAllowsOnlyKnownHosts(String host, boolean allowed) {
    CorsConfig config =
        production(
            "ENVIRONMENT", "development",
            "WEBSOCKET_DEV_MODE", "true",
            "DEV_WEBSOCKET_ORIGINS", "https://shop.example.com:8443",
            "allowedHosts", "app, *.tunnel.example");

    assertThat(config.hosts().allows(host)).isEqualTo(allowed);
    assertThat(config.hosts().allows(null)).isTrue();
    assertThat(CorsConfig.problems(Settings.of(Map.of()))).isEqualTo(List.of());
  }

  @Test
  void listOfTheOtherModeIsKeptForHints() {
    CorsConfig config =
        production(
            "DEV_WEBSOCKET_ORIGINS", "https://staging.example.com, *, https://b.example.com");

    assertThat(config.otherOrigins().allowed())
        .containsExactly("https://staging.example.com", "https://b.example.com");
    assertThat(CorsConfig.problems(Settings.of(Map.of("WEBSOCKET_ALLOWED_ORIGINS", "*, null"))))
        .hasSize(2);
  }

  @Test
  void everyCharacterOfATokenIsAllowedInHeaderNames() {
    String name = "AZaz09!#$%&'*+-.^_`|~";

    assertThat(production("corsAllowedHeaders", name).allowedHeaders()).containsExactly(name);
    for (String bad : List.of("a b", "a@", "a[", "a{", "a/", "a:", "a\u00e9", "a\u007f")) {
      assertThat(HttpTokens.isToken(bad)).as(bad).isFalse();
    }
    assertThat(HttpTokens.isToken("")).isFalse();
  }

  @Test
  void textForLogsIsCutAndKeepsPrintableAscii() {
    assertThat(OriginText.escaped(" ~\u001f\u007f\"\\")).isEqualTo(" ~\\u001f\\u007f\\\"\\\\");
    assertThat(OriginText.escaped("a".repeat(200))).isEqualTo("a".repeat(200));
    assertThat(OriginText.escaped("a".repeat(201))).isEqualTo("a".repeat(200) + "…");
  }
}
