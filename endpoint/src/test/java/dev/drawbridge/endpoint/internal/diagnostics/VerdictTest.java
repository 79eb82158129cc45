package dev.drawbridge.endpoint.internal.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.Finding;
import dev.drawbridge.endpoint.internal.Finding.Level;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Closing;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Health;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Open;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Tried;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is noticed in what was seen, and what is not. */
class VerdictTest {
  private static final long NOW = 1_000_000_000L;
  private static final Health WELL = new Health(null, 0, 10, false, 0, 0, 45);
  private static final List<String> FILTERS = List.of("DevCorsFilter", "JwtHandshakeFilter");

  private static Tried tried(String client, long ago, String stage, String code) {
    return tried(client, ago, stage, code, "/ws", null, FILTERS);
  }

  private static Tried tried(
      String client,
      long ago,
      String stage,
      String code,
      String path,
      @Nullable Long skewMs,
      List<String> filters) {
    boolean reached = List.of("limits", "welcome", "closed").contains(stage);
    return new Tried(
        client + ago,
        client,
        NOW - ago,
        NOW - ago,
        stage,
        code,
        path,
        "http://localhost:3000",
        null,
        "localhost:8080",
        "the hint",
        "HS256",
        "https://issuer.example/",
        "audience; rm -rf",
        "al'ice",
        skewMs,
        reached ? filters : List.of(),
        reached);
  }

  private static Sightings seen(Tried... attempts) {
    return new Sightings(
        NOW, "/ws", List.of(attempts), List.of(), List.of(), List.of(), WELL, null);
  }

  private static Sightings closed(List<Closing> closings) {
    return new Sightings(NOW, "/ws", List.of(), closings, List.of(), List.of(), WELL, null);
  }

  private static Sightings open(Open... open) {
    return new Sightings(NOW, "/ws", List.of(), List.of(), List.of(open), List.of(), WELL, null);
  }

  private static Sightings with(Health health) {
    return new Sightings(NOW, "/ws", List.of(), List.of(), List.of(), List.of(), health, null);
  }

  private static List<String> codes(Sightings seen) {
    return Verdict.of(seen).findings().stream().map(Finding::code).toList();
  }

  private static String headline(Sightings seen) {
    return Verdict.of(seen).headline().code();
  }

  @Test
  void aFaultOfTheSetUpIsTheHeadlineUnlessAHandshakeHasMetIt() {
    Finding fault =
        new Finding(
            "token_filter_missing",
            Finding.Level.ERROR,
            "title",
            "cause",
            "fix",
            null,
            1,
            List.of());
    Tried met = tried("a", 1000, "limits", "handshake_filter_missing");

    Sightings before =
        new Sightings(NOW, "/ws", List.of(), List.of(), List.of(), List.of(fault), WELL, null);
    Sightings after =
        new Sightings(NOW, "/ws", List.of(met), List.of(), List.of(), List.of(fault), WELL, null);

    assertThat(headline(before)).isEqualTo("token_filter_missing");
    assertThat(codes(after)).containsExactly("handshake_filter_missing");
  }

  @Test
  void nothingAtAllIsSaidToBeNothing() {
    assertThat(headline(seen())).isEqualTo("no_handshake_yet");
  }

  @Test
  void aWelcomedClientIsAllWell() {
    Verdict verdict = Verdict.of(seen(tried("a", 1000, "welcome", "ok")));

    assertThat(verdict.headline().code()).isEqualTo("all_well");
    assertThat(verdict.headline().level()).isEqualTo(Level.OK);
    assertThat(verdict.findings()).isEmpty();
  }

  @Test
  void theLastWordOfAClientCounts() {
    Tried refused = tried("a", 2000, "token", "token_expired");

    assertThat(headline(seen(refused))).isEqualTo("token_expired");
    assertThat(headline(seen(tried("a", 1000, "welcome", "ok"), refused)))
        .as("it came in afterwards")
        .isEqualTo("all_well");
    assertThat(headline(seen(tried("b", 1000, "welcome", "ok"), refused)))
        .as("another came in")
        .isEqualTo("token_expired");
    assertThat(headline(seen(tried("a", Verdict.RECENT_MS + 1, "token", "token_expired"))))
        .as("long ago")
        .isEqualTo("all_well");
  }

  @Test
  void aRefusalCountsItsLikesAndTellsTheHint() {
    Finding finding =
        Verdict.of(
                seen(
                    tried("a", 10, "origin", "origin_denied"),
                    tried("a", 20, "origin", "origin_denied"),
                    tried("b", 30, "origin", "origin_denied")))
            .headline();

    assertThat(finding.count()).isEqualTo(3);
    assertThat(finding.cause()).isEqualTo("the hint");
    assertThat(finding.level()).isEqualTo(Level.ERROR);
  }

  @ParameterizedTest
  @CsvSource({
    "token_issuer_invalid, DRAWBRIDGE_JWT_ISSUER=https://issuer.example/",
    "token_audience_invalid, ",
    "user_not_found, ",
    "token_alg_not_allowed, DRAWBRIDGE_JWT_ALGORITHMS=HS256",
  })
  void onlyHarmlessValuesAreThereToPaste(String code, @Nullable String paste) {
    assertThat(Verdict.of(seen(tried("a", 10, "token", code))).headline().paste()).isEqualTo(paste);
  }

  @ParameterizedTest
  @CsvSource({
    "/websocket, 1500, origin, wrong_path",
    "/websocket, 1500, user, wrong_path",
    "/wss, 1500, user, wrong_path",
    "/websocket, 500, origin, all_well",
    "/ws, 1500, origin, all_well",
    "/ws/diagnose, 1500, user, all_well",
  })
  void whoReachesNobodyHasTheWrongPath(String path, long ago, String stage, String code) {
    assertThat(headline(seen(tried("a", ago, stage, "ok", path, null, FILTERS)))).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({"received", "origin", "user"})
  void handshakeThatAFilterOfTheApplicationAnsweredIsNamed(String stage) {
    Finding headline = Verdict.of(seen(tried("a", 100, stage, "handshake_swallowed"))).headline();

    assertThat(headline.code()).isEqualTo("handshake_swallowed");
    assertThat(headline.level()).isEqualTo(Level.ERROR);
    assertThat(headline.title())
        .isEqualTo("A filter of the application has answered the handshake");
    assertThat(headline.fix()).contains("let that filter pass the endpoint's paths");
  }

  @ParameterizedTest
  @CsvSource({
    "DevCorsFilter|JwtHandshakeFilter, all_well",
    "Logging|DevCorsFilter|Other|JwtHandshakeFilter, all_well",
    "JwtHandshakeFilter|DevCorsFilter, filter_order",
    "JwtHandshakeFilter, origin_filter_missing",
  })
  void theOrderOfTheFiltersIsJudged(String filters, String code) {
    List<String> order = Arrays.asList(filters.split("\\|", -1));

    assertThat(headline(seen(tried("a", 10, "welcome", "ok", "/ws", null, order)))).isEqualTo(code);
  }

  /**
   * Length of silence in seconds where ages differ, or the same where they are silent all along.
   */
  private static List<Closing> cut(int code, boolean byServer, long... seconds) {
    List<Closing> all = new ArrayList<>();
    for (int i = 0; i < seconds.length; i++) {
      all.add(
          new Closing(
              code, byServer, NOW - 1000, seconds[i] * 1000 + i * 60_000L, seconds[i] * 1000));
    }
    return all;
  }

  @Test
  void silenceOfOneLengthIsAProxysIdleLimit() {
    Finding found = Verdict.of(closed(cut(1006, false, 60, 59, 61, 12))).headline();

    assertThat(found.code()).isEqualTo("fixed_silence");
    assertThat(found.title()).contains("60 s");
    assertThat(found.cause()).contains("3 of the last 4").contains("nginx");
    assertThat(found.fix()).contains("DRAWBRIDGE_HEARTBEAT_INTERVAL at 45s or less");
    assertThat(found.paste()).contains("proxy_read_timeout");
  }

  @Test
  void oneAgeWhateverTheSilenceIsALimitOfWholeRequests() {
    List<Closing> all =
        IntStream.range(0, 4)
            .mapToObj(i -> new Closing(1006, false, NOW, 55_000L + i * 200L, 1000L + i * 900L))
            .toList();

    Finding found = Verdict.of(closed(all)).headline();
    assertThat(found.code()).isEqualTo("fixed_age");
    assertThat(found.cause()).contains("Heroku");
  }

  @Test
  void closesWithoutAPatternAreNone() {
    assertThat(codes(closed(cut(1006, false, 60, 60)))).as("too few").isEmpty();
    assertThat(codes(closed(cut(1006, false, 60, 61, 60, 20, 90, 140)))).as("half").isEmpty();
    assertThat(codes(closed(cut(4401, true, 60, 60, 60)))).as("our own doing").isEmpty();
    assertThat(codes(closed(cut(1000, false, 60, 60, 60)))).as("on purpose").isEmpty();
    assertThat(codes(closed(cut(1006, false, 1, 1, 1)))).as("too young").isEmpty();
  }

  @Test
  void moreThanFiveFailuresInTenSecondsAreAStorm() {
    Tried[] six =
        IntStream.range(0, 6)
            .mapToObj(i -> tried("a", i * 1000L, "token", "token_expired"))
            .toArray(Tried[]::new);

    assertThat(codes(seen(six))).containsExactly("token_expired", "reconnect_storm");
    assertThat(codes(seen(Arrays.copyOf(six, 5)))).containsExactly("token_expired");
    six[5] = tried("b", 1, "token", "token_expired");
    assertThat(codes(seen(six))).as("two clients").containsExactly("token_expired");
  }

  private static Open connection(String client, boolean page, long openedAgo) {
    return new Open(client + openedAgo, "alice", client, page, NOW - openedAgo, 0, 0);
  }

  @Test
  void twoConnectionsOfOneLoadAreAMissingCleanup() {
    Finding found =
        Verdict.of(open(connection("a", true, 5000), connection("a", true, 4500))).headline();

    assertThat(found.code()).isEqualTo("several_sockets_of_one_page");
    assertThat(found.cause()).contains("StrictMode");
    assertThat(found.ids()).containsExactly("a5000", "a4500");
  }

  @Test
  void tabsAreANoteFromFourOn() {
    Open[] tabs =
        IntStream.range(1, 5)
            .mapToObj(i -> connection("a", true, i * 60_000L))
            .toArray(Open[]::new);

    assertThat(Verdict.of(open(tabs)).findings().get(0).level()).isEqualTo(Level.NOTE);
    assertThat(codes(open(Arrays.copyOf(tabs, 3)))).isEmpty();
    assertThat(codes(open(connection("a", false, 10), connection("a", false, 20))))
        .as("programs")
        .isEmpty();
    assertThat(codes(open(connection("a", true, 10), connection("b", true, 20))))
        .as("two browsers")
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0.25, 0, true", "0, 1000, true", "0.2, 900, false"})
  void whoDoesNotReadIsSlow(double share, long oldestMs, boolean slow) {
    Open one = new Open("c1", "alice", "a", true, NOW, share, oldestMs);

    assertThat(codes(open(one)).contains("slow_consumer")).isEqualTo(slow);
  }

  @Test
  void aCloseForSlownessIsRememberedForFiveMinutes() {
    assertThat(codes(closed(List.of(new Closing(4510, true, NOW - 1000, 9000, 0)))))
        .containsExactly("slow_consumer");
    assertThat(
            codes(
                closed(
                    List.of(new Closing(4510, true, NOW - Detectors.SLOW_WINDOW_MS - 1, 9000, 0)))))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"6000, true", "5000, false", "-60000, false"})
  void anIssuerFromTheFutureIsNoted(long skewMs, boolean noted) {
    Sightings seen = seen(tried("a", 10, "welcome", "ok", "/ws", skewMs, FILTERS));

    assertThat(codes(seen).contains("clock_ahead")).isEqualTo(noted);
    assertThat(headline(seen)).as("a note changes no verdict").isEqualTo("all_well");
  }

  @ParameterizedTest
  @CsvSource({"100, 98, false", "100, 97, true", "19, 0, false"})
  void pingsWithoutAnswerAreNoted(long sent, long inTime, boolean noted) {
    Health health = new Health(null, 0, 10, false, sent, inTime, 45);

    assertThat(codes(with(health)).contains("heartbeat_unreliable")).isEqualTo(noted);
  }

  @Test
  void theDatabaseComesFirst() {
    Health down = new Health("no connection within 3 s", 4, 10, true, 0, 0, 45);

    assertThat(codes(with(down))).containsExactly("database_down", "draining");
    assertThat(codes(with(new Health(null, 4, 10, false, 0, 0, 45))))
        .containsExactly("pool_exhausted");
  }
}
