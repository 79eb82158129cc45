package dev.drawbridge.filters.jwt.token;

import dev.drawbridge.filters.refusal.RefusalCode;
import java.util.List;

/** Attacks by the payload's JSON: duplicates, depth, what only lenient parsers take. */
final class HostileJson extends HostileTokens {

  HostileJson() {
    addJson();
  }

  private void addJson() {
    add("duplicate sub", RefusalCode.TOKEN_MALFORMED, with("\"sub\":\"root\""));
    add("duplicate exp", RefusalCode.TOKEN_MALFORMED, with("\"exp\":9999999999"));
    add(
        "duplicate in a nested object",
        RefusalCode.TOKEN_MALFORMED,
        with("\"o\":{\"a\":1,\"a\":2}"));
    add("escaped duplicate", RefusalCode.TOKEN_MALFORMED, with("\"s\\u0075b\":\"root\""));
    add("depth 33", RefusalCode.TOKEN_MALFORMED, with("\"d\":" + "[".repeat(32) + "]".repeat(32)));
    add(
        "depth 2000",
        RefusalCode.TOKEN_MALFORMED,
        with("\"d\":" + "[".repeat(2000) + "]".repeat(2000)));
    add("unclosed depth", RefusalCode.TOKEN_MALFORMED, payload("{\"a\":".repeat(800)));
    String claims = base().claimsJson();
    for (String text :
        List.of(
            "",
            "[]",
            "null",
            "1",
            "\"x\"",
            claims + "x",
            claims + claims,
            claims.replace("}", ",}"),
            claims.replace('"', '\''),
            "\uFEFF" + claims,
            claims.replace("{", "{/**/"),
            claims.substring(1),
            claims.substring(0, claims.length() - 1))) {
      add(
          "payload " + (text.length() > 8 ? Integer.toHexString(text.hashCode()) : text),
          RefusalCode.TOKEN_MALFORMED,
          payload(text));
    }
    add("raw control character", RefusalCode.TOKEN_MALFORMED, with("\"x\":\"\u0001\""));
    add("NaN", RefusalCode.TOKEN_MALFORMED, raw("exp", "NaN"));
    add("leading zero", RefusalCode.TOKEN_MALFORMED, raw("exp", "01"));
    add("leading plus", RefusalCode.TOKEN_MALFORMED, raw("exp", "+9"));
    add("hexadecimal", RefusalCode.TOKEN_MALFORMED, raw("exp", "0x7fffffff"));
  }
}
