package dev.drawbridge.filters.jwt.token;

import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.testing.TestTokens;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Attacks by what the claims say: extreme numbers, wrong types, odd names. */
final class HostileClaims extends HostileTokens {

  HostileClaims() {
    addNumbers();
    addIdentities();
  }

  private void addNumbers() {
    for (String far :
        List.of(
            "1e300",
            "1e400",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999999999",
            "253402300800",
            "1e15",
            Instant.now().toEpochMilli() + "")) {
      add("exp " + far, RefusalCode.TOKEN_LIFETIME_TOO_LONG, raw("exp", far));
    }
    for (String past :
        List.of(
            "0",
            "-0",
            "-0.0",
            "1e2",
            "-1",
            "-1e400",
            "-9223372036854775808",
            "1",
            "1e-400",
            "1.5")) {
      add("exp " + past, RefusalCode.TOKEN_EXPIRED, raw("exp", past));
    }
    add("exp of 5000 digits", RefusalCode.TOKEN_MALFORMED, raw("exp", "9".repeat(3000)));
    for (String name : List.of("exp", "nbf", "iat")) {
      for (String wrong : List.of("\"9999999999\"", "null", "true", "[9999999999]", "{}")) {
        add(name + " " + wrong, RefusalCode.TOKEN_CLAIM_INVALID, raw(name, wrong));
      }
    }
    for (String name : List.of("nbf", "iat")) {
      add(name + " 1e400", RefusalCode.TOKEN_NOT_YET_VALID, raw(name, "1e400"));
      add(
          name + " in milliseconds",
          RefusalCode.TOKEN_NOT_YET_VALID,
          raw(name, Instant.now().toEpochMilli() + ""));
    }
  }

  private void addIdentities() {
    for (Object wrong :
        Arrays.asList(
            1,
            true,
            List.of("alice"),
            Map.of(),
            "",
            " ",
            "\t",
            "alice ",
            " alice",
            "\u00A0alice",
            "a\u0000b",
            "a\nb",
            "a\u2028b",
            "x".repeat(256))) {
      add("sub " + wrong.hashCode(), RefusalCode.TOKEN_SUBJECT_INVALID, claim("sub", wrong));
    }
    add("lone surrogate in sub", RefusalCode.TOKEN_SUBJECT_INVALID, raw("sub", "\"a\\ud800\""));
    for (Object wrong :
        Arrays.asList(
            1,
            List.of(TestTokens.ISSUER),
            "",
            TestTokens.ISSUER + "/",
            TestTokens.ISSUER.toUpperCase(java.util.Locale.ROOT),
            TestTokens.ISSUER + "\u0000")) {
      add("iss " + wrong, RefusalCode.TOKEN_ISSUER_INVALID, claim("iss", wrong));
    }
    for (Object wrong :
        Arrays.asList(
            1,
            "",
            List.of(),
            List.of("x"),
            List.of(TestTokens.AUDIENCE, 1),
            Map.of("a", TestTokens.AUDIENCE),
            TestTokens.AUDIENCE + " ",
            List.of(List.of(TestTokens.AUDIENCE)))) {
      add("aud " + wrong, RefusalCode.TOKEN_AUDIENCE_INVALID, claim("aud", wrong));
    }
    for (Object wrong : Arrays.asList(1, "", "a\u0000", List.of())) {
      add("jti " + wrong.hashCode(), RefusalCode.TOKEN_CLAIM_INVALID, claim("jti", wrong));
    }
    add(
        "iat after exp",
        RefusalCode.TOKEN_CLAIM_INVALID,
        base()
            .claim("exp", Instant.now().getEpochSecond() - 5)
            .claim("iat", Instant.now().getEpochSecond())
            .sign());
  }
}
