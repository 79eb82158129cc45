package dev.drawbridge.filters.jwt.token;

import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.testing.TestTokens;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.crypto.spec.SecretKeySpec;

/** Attacks by the header: algorithms, remote and embedded keys, types, key ids. */
final class HostileHeaders extends HostileTokens {

  HostileHeaders(String url) {
    addAlgorithms();
    addHeaders(url);
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
}
