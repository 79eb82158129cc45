package dev.drawbridge.filters.cors.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OriginPolicyTest {
  private static final List<String> LIST =
      List.of(
          "https://app.example.com",
          "https://www.example.net",
          "http://intranet.example.com:8080",
          "https://*.example.org",
          "https://*.wide.example:*",
          "http://[2001:db8::7]:3000",
          "http://192.168.1.10:*",
          "https://xn--bcher-kva.example",
          "https://under_score.example.com");

  private static final OriginPolicy PRODUCTION = policy(false);
  private static final OriginPolicy DEVELOPMENT = policy(true);

  private static OriginPolicy policy(boolean loopback) {
    return new OriginPolicy(
        LIST.stream().map(item -> Objects.requireNonNull(OriginRule.parse(item).rule())).toList(),
        loopback);
  }

  record Case(String production, String development, String value) {}

  static Stream<Case> cases() throws IOException {
    ObjectMapper json = new ObjectMapper();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                OriginPolicyTest.class.getResourceAsStream("origins.txt"),
                StandardCharsets.UTF_8))) {
      Stream.Builder<Case> cases = Stream.builder();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          String[] columns = line.split(" +", 3);
          cases.add(new Case(columns[0], columns[1], json.readValue(columns[2], String.class)));
        }
      }
      return cases.build();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyOriginHasItsVerdictAndReason(Case origin) {
    assertThat(verdict(PRODUCTION, origin.value())).as("production").isEqualTo(origin.production());
    assertThat(verdict(DEVELOPMENT, origin.value())).as("dev").isEqualTo(origin.development());
  }

  private static String verdict(OriginPolicy policy, String value) {
    OriginReason reason = policy.refusalOf(value);
    return reason == null ? "ok" : reason.word();
  }

  @Test
  void tableHasEveryVerdictThatAValueCanGet() throws IOException {
    Map<String, Long> counts =
        cases()
            .collect(
                java.util.stream.Collectors.groupingBy(
                    Case::production, java.util.stream.Collectors.counting()));

    assertThat(counts.values().stream().mapToLong(Long::longValue).sum()).isGreaterThan(200);
    for (OriginReason reason : OriginReason.values()) {
      if (reason != OriginReason.HOST && reason != OriginReason.MISSING) {
        assertThat(counts).containsKey(reason.word());
      }
    }
  }

  @Test
  void allowedOriginsAreShownAsTheyAreWritten() {
    assertThat(PRODUCTION.allowed()).isEqualTo(LIST);
    assertThat(DEVELOPMENT.allowed())
        .startsWith(LIST.toArray(new String[0]))
        .endsWith(
            "http://localhost:*",
            "http://127.0.0.1:*",
            "http://[::1]:*",
            "https://localhost:*",
            "https://127.0.0.1:*",
            "https://[::1]:*");
  }

  @Test
  void emptyPolicyOfProductionAllowsNothing() throws IOException {
    OriginPolicy empty = new OriginPolicy(List.of(), false);

    assertThat(cases().filter(origin -> empty.refusalOf(origin.value()) == null)).isEmpty();
  }
}
