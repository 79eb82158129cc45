package dev.drawbridge.filters.jwt;

import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One way to be refused.
 *
 * @param name says what is wrong
 * @param code what the answer must say
 * @param lines header lines of the handshake, made when it runs: tokens hold the time
 * @param query of the address, empty for none
 */
record RefusalCase(String name, RefusalCode code, Supplier<List<String>> lines, String query) {

  static RefusalCase bearer(String name, RefusalCode code, Supplier<String> token) {
    return new RefusalCase(name, code, () -> List.of("Authorization: Bearer " + token.get()), "");
  }

  static RefusalCase lines(String name, RefusalCode code, String... lines) {
    return new RefusalCase(name, code, () -> List.of(lines), "");
  }

  private static TestTokens alice() {
    return TestTokens.token("alice");
  }

  private static long in(long seconds) {
    return Instant.now().getEpochSecond() + seconds;
  }

  /** Those that a server with {@link TestServer#settings()} and its users refuses. */
  static List<RefusalCase> withSecret() {
    String good = TestTokens.good("alice");
    String entry = "drawbridge.bearer." + good;
    return List.of(
        lines("no credential", RefusalCode.TOKEN_MISSING),
        lines(
            "only a subprotocol",
            RefusalCode.TOKEN_MISSING,
            "Sec-WebSocket-Protocol: drawbridge.v1"),
        lines("basic scheme", RefusalCode.TOKEN_MISSING, "Authorization: Basic YTpi"),
        lines("scheme alone", RefusalCode.CREDENTIALS_MALFORMED, "Authorization: Bearer"),
        lines("empty header", RefusalCode.TOKEN_MISSING, "Authorization:"),
        lines(
            "extra word",
            RefusalCode.CREDENTIALS_MALFORMED,
            "Authorization: Bearer " + good + " x"),
        lines(
            "two tokens in one line",
            RefusalCode.CREDENTIALS_MALFORMED,
            "Authorization: Bearer " + good + "," + good),
        lines(
            "tab after the scheme",
            RefusalCode.CREDENTIALS_MALFORMED,
            "Authorization: Bearer\t" + good),
        lines(
            "upper-case token entry",
            RefusalCode.CREDENTIALS_MALFORMED,
            "Sec-WebSocket-Protocol: drawbridge.v1, Drawbridge.Bearer." + good),
        lines(
            "two Authorization lines",
            RefusalCode.CREDENTIALS_AMBIGUOUS,
            "Authorization: Bearer " + good,
            "Authorization: Bearer " + good),
        lines(
            "header and token entry",
            RefusalCode.CREDENTIALS_AMBIGUOUS,
            "Authorization: Bearer " + good,
            "Sec-WebSocket-Protocol: drawbridge.v1, " + entry),
        lines(
            "two token entries",
            RefusalCode.CREDENTIALS_AMBIGUOUS,
            "Sec-WebSocket-Protocol: drawbridge.v1, " + entry + ", " + entry),
        lines(
            "two token entries on two lines",
            RefusalCode.CREDENTIALS_AMBIGUOUS,
            "Sec-WebSocket-Protocol: drawbridge.v1, " + entry,
            "Sec-WebSocket-Protocol: " + entry),
        new RefusalCase(
            "header and query",
            RefusalCode.CREDENTIALS_AMBIGUOUS,
            () -> List.of("Authorization: Bearer " + good),
            "?access_token=" + good),
        lines(
            "token entry alone",
            RefusalCode.SUBPROTOCOL_MISSING,
            "Sec-WebSocket-Protocol: " + entry),
        lines(
            "token entry beside another protocol",
            RefusalCode.SUBPROTOCOL_MISSING,
            "Sec-WebSocket-Protocol: chat, " + entry),
        new RefusalCase(
            "query token", RefusalCode.TRANSPORT_DISABLED, List::of, "?access_token=" + good),
        new RefusalCase(
            "encoded query name",
            RefusalCode.TRANSPORT_DISABLED,
            List::of,
            "?a=b&access%5Ftoken=" + good),
        bearer("6145 characters", RefusalCode.TOKEN_TOO_LARGE, () -> "a".repeat(6145)),
        bearer("no JWT at all", RefusalCode.TOKEN_MALFORMED, () -> "hello"),
        bearer("padded", RefusalCode.TOKEN_MALFORMED, () -> good + "="),
        bearer("five parts", RefusalCode.TOKEN_MALFORMED, () -> good + ".e30.e30"),
        lines(
            "empty token entry",
            RefusalCode.TOKEN_MALFORMED,
            "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer."),
        bearer(
            "crit",
            RefusalCode.TOKEN_HEADER_UNSUPPORTED,
            () -> alice().header("crit", List.of("exp")).sign()),
        bearer(
            "typ of an ID token",
            RefusalCode.TOKEN_TYPE_INVALID,
            () -> alice().header("typ", "secevent+jwt").sign()),
        bearer(
            "alg none",
            RefusalCode.TOKEN_ALG_NOT_ALLOWED,
            () ->
                TestTokens.base64(TestTokens.bytes("{\"alg\":\"none\"}"))
                    + "."
                    + TestTokens.base64(TestTokens.bytes(alice().claimsJson()))
                    + "."),
        bearer(
            "stripped signature",
            RefusalCode.TOKEN_SIGNATURE_INVALID,
            () -> good.substring(0, good.lastIndexOf('.') + 1)),
        bearer(
            "signed by another",
            RefusalCode.TOKEN_SIGNATURE_INVALID,
            () -> alice().key("HS256", TestKeys.OTHER_SECRET).sign()),
        bearer(
            "expired",
            RefusalCode.TOKEN_EXPIRED,
            () -> alice().claim("iat", in(-300)).claim("exp", in(-31)).sign()),
        bearer("no exp", RefusalCode.TOKEN_EXPIRY_MISSING, () -> alice().claim("exp", null).sign()),
        bearer(
            "exp in two days",
            RefusalCode.TOKEN_LIFETIME_TOO_LONG,
            () -> alice().claim("exp", in(2 * 86_400)).sign()),
        bearer(
            "nbf ahead",
            RefusalCode.TOKEN_NOT_YET_VALID,
            () -> alice().claim("nbf", in(60)).sign()),
        bearer(
            "iat ahead",
            RefusalCode.TOKEN_NOT_YET_VALID,
            () -> alice().claim("iat", in(60)).sign()),
        bearer(
            "other iss",
            RefusalCode.TOKEN_ISSUER_INVALID,
            () -> alice().claim("iss", "https://evil.example").sign()),
        bearer("no iss", RefusalCode.TOKEN_ISSUER_INVALID, () -> alice().claim("iss", null).sign()),
        bearer(
            "other aud",
            RefusalCode.TOKEN_AUDIENCE_INVALID,
            () -> alice().claim("aud", List.of("a", "b")).sign()),
        bearer(
            "no aud", RefusalCode.TOKEN_AUDIENCE_INVALID, () -> alice().claim("aud", null).sign()),
        bearer(
            "no sub", RefusalCode.TOKEN_SUBJECT_INVALID, () -> alice().claim("sub", null).sign()),
        bearer(
            "blank sub", RefusalCode.TOKEN_SUBJECT_INVALID, () -> alice().claim("sub", " ").sign()),
        bearer(
            "exp as text", RefusalCode.TOKEN_CLAIM_INVALID, () -> alice().claim("exp", "1").sign()),
        bearer(
            "revoked jti",
            RefusalCode.TOKEN_REVOKED,
            () -> alice().claim("jti", "revoked-1").sign()),
        bearer(
            "issued before the revocation",
            RefusalCode.TOKEN_REVOKED,
            () -> TestTokens.token("relogin").claim("iat", in(-60)).sign()),
        bearer("unknown user", RefusalCode.USER_NOT_FOUND, () -> TestTokens.good("nobody")),
        bearer("deleted user", RefusalCode.USER_NOT_FOUND, () -> TestTokens.good("gone")),
        bearer("suspended user", RefusalCode.USER_DISABLED, () -> TestTokens.good("mallory")));
  }

  /** The users that the cases need. */
  static void addUsers(TestServer server) {
    Map<String, User> users = server.users;
    users.put("mallory", user("mallory").status(User.Status.SUSPENDED).build());
    users.put("gone", user("gone").status(User.Status.DELETED).build());
    users.put("relogin", user("relogin").tokensValidFrom(Instant.now()).build());
  }

  private static User.Builder user(String subject) {
    return User.builder(subject);
  }

  @Override
  public String toString() {
    return code.word() + ": " + name;
  }
}
