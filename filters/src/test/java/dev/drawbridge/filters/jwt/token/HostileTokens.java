package dev.drawbridge.filters.jwt.token;

import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.testing.TestTokens;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The attack classes of the public collections (Wycheproof and others) as tokens. Each holds the
 * canary in a claim.
 */
class HostileTokens {

  /** In the claims of every token; must be written nowhere. */
  static final String CANARY = "canary-7b41e0c5d2";

  /** One attack. */
  record Attack(String name, RefusalCode code, String token) {
    @Override
    public String toString() {
      return name;
    }
  }

  final List<Attack> attacks = new ArrayList<>();

  final void add(String name, RefusalCode code, String token) {
    attacks.add(new Attack(name, code, token));
  }

  /** Attacks on a server that verifies with {@link TestTokens#SECRET}. */
  static List<Attack> onSecret(String url) {
    return Stream.of(
            new HostileHeaders(url), new HostileForms(), new HostileJson(), new HostileClaims())
        .flatMap(tokens -> tokens.attacks.stream())
        .toList();
  }

  /** Attacks on a server that verifies RS256 with a PEM public key. */
  static List<Attack> onRsa(String pem) {
    return List.copyOf(HostileSignatures.ofRsa(pem).attacks);
  }

  /** Attacks on a server that verifies with a curve. */
  static List<Attack> onCurve(SignatureAlgorithm algorithm, Key privateKey) {
    return List.copyOf(HostileSignatures.ofCurve(algorithm, privateKey).attacks);
  }

  static TestTokens base() {
    return TestTokens.token("alice").claim("secret_claim", CANARY);
  }

  /** A header as text, so that its members can be anything. */
  static String signed(String headerJson) {
    return TestTokens.signRaw(
        headerJson, TestTokens.bytes(base().claimsJson()), TestTokens.SECRET_KEY);
  }

  static String payload(String json) {
    return payload(json.getBytes(StandardCharsets.UTF_8));
  }

  static String payload(byte[] bytes) {
    return TestTokens.signRaw("{\"alg\":\"HS256\"}", bytes, TestTokens.SECRET_KEY);
  }

  /** Good claims with more text in front of the closing brace. */
  static String with(String more) {
    String claims = base().claimsJson();
    return payload(claims.substring(0, claims.length() - 1) + "," + more + "}");
  }

  static String claim(String name, Object value) {
    return base().claim(name, value).sign();
  }

  static String raw(String name, String json) {
    return payloadWithout(name, "\"" + name + "\":" + json);
  }

  static String payloadWithout(String name, String member) {
    String claims = base().claim(name, null).claimsJson();
    return payload(claims.substring(0, claims.length() - 1) + "," + member + "}");
  }

  static String encoded(String json) {
    return TestTokens.base64(json.getBytes(StandardCharsets.UTF_8));
  }
}
