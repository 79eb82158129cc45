package dev.drawbridge.filters.jwt.token;

import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.testing.TestTokens;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;

/** Attacks by the form: other serializations, nesting, compression, spellings of base64url. */
final class HostileForms extends HostileTokens {

  HostileForms() {
    addForms();
    addEncodings();
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
}
