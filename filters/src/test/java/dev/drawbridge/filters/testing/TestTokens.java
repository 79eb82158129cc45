package dev.drawbridge.filters.testing;

import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;

/** Makes good tokens and every kind of bad one. */
public final class TestTokens {

  public static final String SECRET = "kT9vXw2Lq7ZrB4nYc8MfHs1DgPe6JuAa3Ri5";
  public static final Key SECRET_KEY =
      new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HMAC");
  public static final String ISSUER = "https://login.example.org";
  public static final String AUDIENCE = "drawbridge-test";

  private final Map<String, Object> header = new LinkedHashMap<>();
  private final Map<String, Object> claims = new LinkedHashMap<>();
  private Key key = SECRET_KEY;

  private TestTokens() {}

  /** Starts with what is good for an hour. */
  public static TestTokens token(String subject) {
    Instant now = Instant.now();
    TestTokens token = new TestTokens();
    token.header.put("alg", "HS256");
    token.header.put("typ", "JWT");
    token.claims.put("iss", ISSUER);
    token.claims.put("aud", AUDIENCE);
    token.claims.put("sub", subject);
    token.claims.put("iat", now.getEpochSecond());
    token.claims.put("exp", now.getEpochSecond() + 3600);
    return token;
  }

  public static String good(String subject) {
    return token(subject).sign();
  }

  /** Sets a claim; null removes it. */
  public TestTokens claim(String name, Object value) {
    return put(claims, name, value);
  }

  /** Sets a header member; null removes it. */
  public TestTokens header(String name, Object value) {
    return put(header, name, value);
  }

  public TestTokens key(String algorithm, Key newKey) {
    key = newKey;
    return header("alg", algorithm);
  }

  private TestTokens put(Map<String, Object> map, String name, Object value) {
    if (value == null) {
      map.remove(name);
    } else {
      map.put(name, value);
    }
    return this;
  }

  public String headerJson() {
    return JsonUtil.toJson(header);
  }

  public String claimsJson() {
    return JsonUtil.toJson(claims);
  }

  public String sign() {
    return signRaw(headerJson(), bytes(claimsJson()), key);
  }

  public String algorithm() {
    return (String) header.get("alg");
  }

  /** Signs any payload bytes under any header text; the algorithm is read from the header. */
  public static String signRaw(String headerJson, byte[] payload, Key key) {
    return signSegments(base64(bytes(headerJson)), base64(payload), algorithmOf(headerJson), key);
  }

  /** Signs two segments as they are, also ones that are no base64url. */
  public static String signSegments(String header, String payload, String algorithm, Key key) {
    return header + "." + payload + "." + base64(signature(header + "." + payload, algorithm, key));
  }

  private static byte[] signature(String input, String algorithm, Key key) {
    try {
      JsonWebSignature jws = new JsonWebSignature();
      jws.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
      jws.setAlgorithmHeaderValue(algorithm);
      org.jose4j.jws.JsonWebSignatureAlgorithm primitive = jws.getAlgorithm();
      return primitive.sign(
          primitive.prepareForSign(key, new org.jose4j.jca.ProviderContext()),
          input.getBytes(StandardCharsets.US_ASCII));
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String algorithmOf(String headerJson) {
    int at = headerJson.indexOf("\"alg\":\"");
    int start = at + "\"alg\":\"".length();
    return headerJson.substring(start, headerJson.indexOf('"', start));
  }

  public static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
