package dev.drawbridge.filters.jwt.token;

import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestTokens;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.Key;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.spec.SecretKeySpec;

/** Attacks on signatures by public keys: confusion, forgeries, malleability, other encodings. */
final class HostileSignatures extends HostileTokens {

  static HostileSignatures ofRsa(String pem) {
    HostileSignatures tokens = new HostileSignatures();
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
    String claims = encoded(base().claimsJson());
    for (String header : List.of("RS256", "PS256")) {
      String below = header.equals("RS256") ? "PS256" : "RS256";
      tokens.add(
          header + " in the header, " + below + " below",
          header.equals("RS256")
              ? RefusalCode.TOKEN_SIGNATURE_INVALID
              : RefusalCode.TOKEN_ALG_NOT_ALLOWED,
          TestTokens.signSegments(
              encoded("{\"alg\":\"" + header + "\"}"), claims, below, TestKeys.RSA.getPrivate()));
    }
    tokens.add(
        "weak RSA key",
        RefusalCode.TOKEN_SIGNATURE_INVALID,
        encoded("{\"alg\":\"RS256\"}") + "." + claims + "." + TestTokens.base64(new byte[128]));
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
    return tokens;
  }

  static HostileSignatures ofCurve(SignatureAlgorithm algorithm, Key privateKey) {
    HostileSignatures tokens = new HostileSignatures();
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
    Map<String, byte[]> signatures = new TreeMap<>();
    signatures.put("DER of the right signature", der(signature, half));
    signatures.put("the order added to s", withOrder(algorithm, signature, half));
    signatures.putAll(
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
            new byte[] {0x30, 6, 2, 1, 0, 2, 1, 0}));
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
    return tokens;
  }

  /** As most libraries hand ECDSA signatures out; JWS wants the two numbers alone. */
  private static byte[] der(byte[] signature, int half) {
    byte[] r = new BigInteger(1, Arrays.copyOf(signature, half)).toByteArray();
    byte[] s = new BigInteger(1, Arrays.copyOfRange(signature, half, 2 * half)).toByteArray();
    ByteArrayOutputStream der = new ByteArrayOutputStream();
    der.writeBytes(new byte[] {0x30, (byte) (4 + r.length + s.length), 2, (byte) r.length});
    der.writeBytes(r);
    der.writeBytes(new byte[] {2, (byte) s.length});
    der.writeBytes(s);
    return der.toByteArray();
  }

  /** The same signature again for who computes before looking: s grows by the group's order. */
  private static byte[] withOrder(SignatureAlgorithm algorithm, byte[] signature, int half) {
    boolean edwards = algorithm == SignatureAlgorithm.EdDSA;
    BigInteger order =
        edwards
            ? BigInteger.ONE
                .shiftLeft(252)
                .add(new BigInteger("27742317777372353535851937790883648493"))
            : ((ECPublicKey)
                    (algorithm == SignatureAlgorithm.ES256 ? TestKeys.P256 : TestKeys.P384)
                        .getPublic())
                .getParams()
                .getOrder();
    byte[] s = Arrays.copyOfRange(signature, half, 2 * half);
    BigInteger sum = new BigInteger(1, edwards ? reversed(s) : s).add(order);
    byte[] large = new byte[half];
    byte[] bytes = sum.toByteArray();
    for (int i = 0; i < Math.min(half, bytes.length); i++) {
      large[half - 1 - i] = bytes[bytes.length - 1 - i];
    }
    byte[] result = signature.clone();
    System.arraycopy(edwards ? reversed(large) : large, 0, result, half, half);
    return result;
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }
}
