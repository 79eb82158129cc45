package dev.drawbridge.filters.jwt;

import dev.drawbridge.filters.RefusalCode;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import javax.crypto.spec.SecretKeySpec;

/**
 * The attack classes of the public collections (Wycheproof and others) as tokens. Each holds the
 * canary in a claim.
 */
final class HostileTokens {

  /** In the claims of every token; must be written nowhere. */
  static final String CANARY = "canary-7b41e0c5d2";

  /** One attack. */
  record Attack(String name, RefusalCode code, String token) {
    @Override
    public String toString() {
      return name;
    }
  }

  private final List<Attack> attacks = new ArrayList<>();

  private void add(String name, RefusalCode code, String token) {
    attacks.add(new Attack(name, code, token));
  }

  private static TestTokens base() {
    return TestTokens.token("alice").claim("secret_claim", CANARY);
  }

  /** A header as text, so that its members can be anything. */
  private static String signed(String headerJson) {
    return TestTokens.signRaw(
        headerJson, TestTokens.bytes(base().claimsJson()), TestTokens.SECRET_KEY);
  }

  private static String payload(String json) {
    return payload(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String payload(byte[] bytes) {
    return TestTokens.signRaw("{\"alg\":\"HS256\"}", bytes, TestTokens.SECRET_KEY);
  }

  /** Good claims with more text in front of the closing brace. */
  private static String with(String more) {
    String claims = base().claimsJson();
    return payload(claims.substring(0, claims.length() - 1) + "," + more + "}");
  }

  private static String claim(String name, Object value) {
    return base().claim(name, value).sign();
  }

  private static String raw(String name, String json) {
    return payloadWithout(name, "\"" + name + "\":" + json);
  }

  private static String payloadWithout(String name, String member) {
    String claims = base().claim(name, null).claimsJson();
    return payload(claims.substring(0, claims.length() - 1) + "," + member + "}");
  }

  private static String encoded(String json) {
    return TestTokens.base64(json.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] deflated(String text) {
    Deflater deflater = new Deflater();
    deflater.setInput(text.getBytes(StandardCharsets.UTF_8));
    deflater.finish();
    byte[] buffer = new byte[4096];
    int length = deflater.deflate(buffer);
    deflater.end();
    return Arrays.copyOf(buffer, length);
  }

  /** Attacks on a server that verifies with {@link TestTokens#SECRET}. */
  static List<Attack> onSecret(String url) {
    HostileTokens tokens = new HostileTokens();
    tokens.addAlgorithms();
    tokens.addHeaders(url);
    tokens.addForms();
    tokens.addEncodings();
    tokens.addJson();
    tokens.addNumbers();
    tokens.addIdentities();
    return tokens.attacks;
  }

  private void addAlgorithms() {
    String claims = encoded(base().claimsJson());
    for (String none : List.of("none", "None", "NONE", "nOnE", "", " none", "null", "HS256 ")) {
      add(
          "alg '" + none + "' without signature",
          RefusalCode.TOKEN_ALG_NOT_ALLOWED,
          encoded("{\"alg\":\"" + none + "\"}") + "." + claims + ".");
      add(
          "alg '" + none + "' with a signature",
          RefusalCode.TOKEN_ALG_NOT_ALLOWED,
          encoded("{\"alg\":\"" + none + "\"}") + "." + claims + ".AAAA");
    }
    for (String other :
        List.of(
            "HS384",
            "HS512",
            "hs256",
            "RS256",
            "ES256",
            "PS256",
            "EdDSA",
            "HS1",
            "RSA-OAEP",
            "dir",
            "PBES2-HS256+A128KW",
            "A128KW")) {
      add(
          "alg " + other,
          RefusalCode.TOKEN_ALG_NOT_ALLOWED,
          encoded("{\"alg\":\"" + other + "\"}") + "." + claims + ".AAAA");
    }
    String good = base().sign();
    String input = good.substring(0, good.lastIndexOf('.') + 1);
    add("stripped signature", RefusalCode.TOKEN_SIGNATURE_INVALID, input);
    add(
        "signature and dot stripped",
        RefusalCode.TOKEN_MALFORMED,
        input.substring(0, input.length() - 1));
    add(
        "shortened signature",
        RefusalCode.TOKEN_SIGNATURE_INVALID,
        input + TestTokens.base64(new byte[16]));
    add("lengthened signature", RefusalCode.TOKEN_SIGNATURE_INVALID, good + "AAAA");
    add(
        "signature of zeros",
        RefusalCode.TOKEN_SIGNATURE_INVALID,
        input + TestTokens.base64(new byte[32]));
    add(
        "other payload under the signature",
        RefusalCode.TOKEN_SIGNATURE_INVALID,
        good.substring(0, good.indexOf('.') + 1)
            + encoded(base().claim("sub", "root").claimsJson())
            + good.substring(good.lastIndexOf('.')));
    add(
        "signed with an empty-looking key",
        RefusalCode.TOKEN_SIGNATURE_INVALID,
        base().key("HS256", new SecretKeySpec(new byte[32], "HMAC")).sign());
    add(
        "signed with the secret's base64",
        RefusalCode.TOKEN_SIGNATURE_INVALID,
        base()
            .key(
                "HS256",
                new SecretKeySpec(
                    TestTokens.base64(TestTokens.bytes(TestTokens.SECRET))
                        .getBytes(StandardCharsets.US_ASCII),
                    "HMAC"))
            .sign());
  }

  private void addHeaders(String url) {
    String jwk =
        "{\"kty\":\"oct\",\"k\":\""
            + TestTokens.base64(TestTokens.bytes(TestTokens.SECRET))
            + "\"}";
    for (String member :
        List.of(
            "\"crit\":[\"exp\"]",
            "\"crit\":[]",
            "\"crit\":null",
            "\"crit\":\"exp\"",
            "\"crit\":[\"b64\"]",
            "\"b64\":false",
            "\"b64\":true",
            "\"b64\":false,\"crit\":[\"b64\"]",
            "\"zip\":\"DEF\"",
            "\"zip\":null",
            "\"enc\":\"A128GCM\"",
            "\"cty\":\"JWT\"",
            "\"cty\":\"jwt\"",
            "\"cty\":null",
            "\"jwk\":" + jwk,
            "\"jku\":\"" + url + "/jku\"",
            "\"x5u\":\"" + url + "/x5u\"",
            "\"x5c\":[\"AAAA\"]",
            "\"jku\":null",
            "\"jku\":\"file:///etc/passwd\"")) {
      add(
          "header " + member.replace(url, "URL"),
          RefusalCode.TOKEN_HEADER_UNSUPPORTED,
          signed("{\"alg\":\"HS256\"," + member + "}"));
    }
    for (String type :
        List.of(
            "\"\"",
            "\"JWE\"",
            "\"logout+jwt\"",
            "\"secevent+jwt\"",
            "\"dpop+jwt\"",
            "\"application/\"",
            "1",
            "null",
            "[\"JWT\"]",
            "\"JWT \"")) {
      add(
          "typ " + type,
          RefusalCode.TOKEN_TYPE_INVALID,
          signed("{\"alg\":\"HS256\",\"typ\":" + type + "}"));
    }
    for (String kid : List.of("1", "null", "{}", "\"\"", "\"" + "k".repeat(257) + "\"")) {
      add(
          "kid " + (kid.length() > 20 ? "of 257" : kid),
          RefusalCode.TOKEN_MALFORMED,
          signed("{\"alg\":\"HS256\",\"kid\":" + kid + "}"));
    }
    for (String alg : List.of("1", "null", "[\"HS256\"]", "{}")) {
      add(
          "alg is " + alg,
          RefusalCode.TOKEN_MALFORMED,
          encoded("{\"alg\":" + alg + "}") + "." + encoded(base().claimsJson()) + ".AAAA");
    }
    add(
        "no alg",
        RefusalCode.TOKEN_MALFORMED,
        encoded("{\"typ\":\"JWT\"}") + "." + encoded(base().claimsJson()) + ".AAAA");
    add(
        "duplicate alg",
        RefusalCode.TOKEN_MALFORMED,
        signed("{\"alg\":\"HS256\",\"alg\":\"HS256\"}"));
    add(
        "duplicate alg, one escaped",
        RefusalCode.TOKEN_MALFORMED,
        signed("{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}"));
    for (String header :
        List.of(
            "[]",
            "\"HS256\"",
            "null",
            "{\"alg\":\"HS256\"}x",
            "{\"alg\":\"HS256\"}{}",
            "{\"alg\":\"HS256\",}",
            "{'alg':'HS256'}",
            "{alg:\"HS256\"}",
            "\uFEFF{\"alg\":\"HS256\"}",
            "//c\n{\"alg\":\"HS256\"}",
            "")) {
      add(
          "header text " + header,
          RefusalCode.TOKEN_MALFORMED,
          TestTokens.signSegments(
              encoded(header), encoded(base().claimsJson()), "HS256", TestTokens.SECRET_KEY));
    }
  }

  private void addForms() {
    String good = base().sign();
    String[] parts = good.split("\\.", -1);
    add(
        "flattened JSON serialization",
        RefusalCode.TOKEN_MALFORMED,
        "{\"protected\":\""
            + parts[0]
            + "\",\"payload\":\""
            + parts[1]
            + "\",\"signature\":\""
            + parts[2]
            + "\"}");
    add(
        "general JSON serialization",
        RefusalCode.TOKEN_MALFORMED,
        "{\"payload\":\""
            + parts[1]
            + "\",\"signatures\":[{\"protected\":\""
            + parts[0]
            + "\",\"signature\":\""
            + parts[2]
            + "\"}]}");
    add(
        "JWE",
        RefusalCode.TOKEN_MALFORMED,
        encoded("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}") + "..AAAA.AAAA.AAAA");
    add(
        "PBES2 JWE",
        RefusalCode.TOKEN_MALFORMED,
        encoded(
                "{\"alg\":\"PBES2-HS256+A128KW\",\"p2c\":2147483647,\"p2s\":\"AAAA\",\"enc\":\"A128GCM\"}")
            + ".AAAA.AAAA.AAAA.AAAA");
    add("four parts", RefusalCode.TOKEN_MALFORMED, good + ".AAAA");
    add("detached payload", RefusalCode.TOKEN_MALFORMED, parts[0] + ".." + parts[2]);
    add("no header", RefusalCode.TOKEN_MALFORMED, "." + parts[1] + "." + parts[2]);
    add("only dots", RefusalCode.TOKEN_MALFORMED, "..");
    add("one part", RefusalCode.TOKEN_MALFORMED, parts[1]);
    add(
        "nested token",
        RefusalCode.TOKEN_MALFORMED,
        TestTokens.signRaw("{\"alg\":\"HS256\"}", TestTokens.bytes(good), TestTokens.SECRET_KEY));
    add(
        "nested token with cty",
        RefusalCode.TOKEN_HEADER_UNSUPPORTED,
        TestTokens.signRaw(
            "{\"alg\":\"HS256\",\"cty\":\"JWT\"}", TestTokens.bytes(good), TestTokens.SECRET_KEY));
    add("compressed payload", RefusalCode.TOKEN_MALFORMED, payload(deflated(base().claimsJson())));
    add("too long", RefusalCode.TOKEN_TOO_LARGE, claim("pad", "x".repeat(4600)));
    add("SQL in the kid's place", RefusalCode.TOKEN_MALFORMED, "' OR 1=1 --");
  }

  private void addEncodings() {
    String header = encoded("{\"alg\":\"HS256\"}");
    String claims = encoded(base().claimsJson());
    String good = TestTokens.signSegments(header, claims, "HS256", TestTokens.SECRET_KEY);
    String signature = good.substring(good.lastIndexOf('.') + 1);
    add(
        "padded header, signed so",
        RefusalCode.TOKEN_MALFORMED,
        TestTokens.signSegments(header + "=", claims, "HS256", TestTokens.SECRET_KEY));
    add(
        "padded payload, signed so",
        RefusalCode.TOKEN_MALFORMED,
        TestTokens.signSegments(header, claims + "=", "HS256", TestTokens.SECRET_KEY));
    add(
        "bang in the payload, signed so",
        RefusalCode.TOKEN_MALFORMED,
        TestTokens.signSegments(header, claims + "!", "HS256", TestTokens.SECRET_KEY));
    add(
        "plain base64 in the signature",
        RefusalCode.TOKEN_MALFORMED,
        header + "." + claims + "." + "+/" + signature.substring(2));
    add("star in the signature", RefusalCode.TOKEN_MALFORMED, good + "*");
    char last = signature.charAt(signature.length() - 1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int bits = 1; bits < 4; bits++) {
      add(
          "stray bits " + bits + " in the signature",
          RefusalCode.TOKEN_MALFORMED,
          good.substring(0, good.length() - 1) + alphabet.charAt(alphabet.indexOf(last) | bits));
    }
    add("impossible length", RefusalCode.TOKEN_MALFORMED, header + "." + claims + ".AAAAA");
    for (String wrong : List.of("C0AF", "C1BF", "E08080", "EDA080", "F4908080", "FF", "80")) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      bytes.writeBytes(TestTokens.bytes("{\"x\":\""));
      bytes.writeBytes(new BigInteger("1" + wrong, 16).toByteArray());
      bytes.writeBytes(TestTokens.bytes("\"," + base().claimsJson().substring(1)));
      add(
          "bytes " + wrong + " in the payload",
          RefusalCode.TOKEN_MALFORMED,
          payload(bytes.toByteArray()));
    }
    add(
        "UTF-16 payload",
        RefusalCode.TOKEN_MALFORMED,
        payload(base().claimsJson().getBytes(StandardCharsets.UTF_16)));
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
    for (String past : List.of("0", "-1", "-1e400", "-9223372036854775808", "1", "1e-400", "1.5")) {
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

  /** Attacks on a server that verifies RS256 with a PEM public key. */
  static List<Attack> onRsa(String pem) {
    HostileTokens tokens = new HostileTokens();
    byte[] encoded = TestKeys.RSA.getPublic().getEncoded();
    for (byte[] key :
        List.of(
            TestTokens.bytes(pem),
            TestTokens.bytes(pem.strip()),
            TestTokens.bytes(pem.replace("\n", "")),
            encoded)) {
      Key hmac = new SecretKeySpec(key, "HMAC");
      tokens.add(
          "HS256 with the public key, " + key.length + " bytes",
          RefusalCode.TOKEN_ALG_NOT_ALLOWED,
          base().key("HS256", hmac).sign());
      String input =
          TestTokens.base64(TestTokens.bytes("{\"alg\":\"RS256\"}"))
              + "."
              + encoded(base().claimsJson());
      String mac =
          TestTokens.signSegments(
              input.substring(0, input.indexOf('.')),
              input.substring(input.indexOf('.') + 1),
              "HS256",
              hmac);
      tokens.add(
          "RS256 in the header, HMAC below, " + key.length + " bytes",
          RefusalCode.TOKEN_SIGNATURE_INVALID,
          mac);
    }
    tokens.add(
        "PS256 by the right key",
        RefusalCode.TOKEN_ALG_NOT_ALLOWED,
        base().key("PS256", TestKeys.RSA.getPrivate()).sign());
    tokens.add(
        "RS512 by the right key",
        RefusalCode.TOKEN_ALG_NOT_ALLOWED,
        base().key("RS512", TestKeys.RSA.getPrivate()).sign());
    tokens.add(
        "another RSA key",
        RefusalCode.TOKEN_SIGNATURE_INVALID,
        base().key("RS256", TestKeys.RSA_2.getPrivate()).sign());
    tokens.add(
        "another RSA key, embedded",
        RefusalCode.TOKEN_HEADER_UNSUPPORTED,
        base()
            .key("RS256", TestKeys.RSA_2.getPrivate())
            .header("jwk", TestKeys.jwk(TestKeys.RSA_2.getPublic(), "x"))
            .sign());
    String good = base().key("RS256", TestKeys.RSA.getPrivate()).sign();
    String input = good.substring(0, good.lastIndexOf('.') + 1);
    for (int length : List.of(0, 1, 255, 256, 257, 512)) {
      tokens.add(
          "RSA signature of " + length + " zeros",
          RefusalCode.TOKEN_SIGNATURE_INVALID,
          input + TestTokens.base64(new byte[length]));
    }
    byte[] ones = new byte[256];
    ones[255] = 1;
    tokens.add(
        "RSA signature 1", RefusalCode.TOKEN_SIGNATURE_INVALID, input + TestTokens.base64(ones));
    return tokens.attacks;
  }

  /** Attacks on a server that verifies with a curve. */
  static List<Attack> onCurve(SignatureAlgorithm algorithm, Key privateKey) {
    HostileTokens tokens = new HostileTokens();
    int half = algorithm.signatureHalfBytes();
    String good = base().key(algorithm.name(), privateKey).sign();
    String input = good.substring(0, good.lastIndexOf('.') + 1);
    byte[] signature =
        java.util.Base64.getUrlDecoder().decode(good.substring(good.lastIndexOf('.') + 1));
    byte[] ones = new byte[2 * half];
    Arrays.fill(ones, (byte) 0xFF);
    byte[] zeroR = signature.clone();
    Arrays.fill(zeroR, 0, half, (byte) 0);
    byte[] zeroS = signature.clone();
    Arrays.fill(zeroS, half, 2 * half, (byte) 0);
    byte[] flipped = signature.clone();
    flipped[half] ^= 1;
    Map<String, byte[]> signatures =
        Map.of(
            "zeros",
            new byte[2 * half],
            "ones",
            ones,
            "r = 0",
            zeroR,
            "s = 0",
            zeroS,
            "one bit flipped",
            flipped,
            "one byte short",
            Arrays.copyOf(signature, 2 * half - 1),
            "one byte long",
            Arrays.copyOf(signature, 2 * half + 1),
            "empty",
            new byte[0],
            "DER",
            new byte[] {0x30, 6, 2, 1, 0, 2, 1, 0});
    signatures.forEach(
        (name, bytes) ->
            tokens.add(
                algorithm + " signature: " + name,
                RefusalCode.TOKEN_SIGNATURE_INVALID,
                input + TestTokens.base64(bytes)));
    tokens.add(
        "none beside " + algorithm,
        RefusalCode.TOKEN_ALG_NOT_ALLOWED,
        encoded("{\"alg\":\"none\"}") + "." + encoded(base().claimsJson()) + ".");
    return tokens.attacks;
  }
}
