package dev.drawbridge.bench.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Signs the tokens of a load: HS256 with a secret, or RS256 with a key made for the run. */
public final class Tokens {
  public static final String SECRET = "a-secret-for-load-tests-only-1f0c8f6a2d7b4e95";
  private static final String ISSUER = "http://localhost";
  private static final String AUDIENCE = "drawbridge";
  private static final int LIFETIME_SECONDS = 3600;

  private final String header;
  private final Signer signer;
  private long serial;

  private interface Signer {
    byte[] sign(byte[] content) throws GeneralSecurityException;
  }

  private Tokens(String algorithm, Signer signer) {
    this.header = encode("{\"alg\":\"" + algorithm + "\",\"typ\":\"JWT\"}");
    this.signer = signer;
  }

  public static Tokens hmac(String secret) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    return new Tokens("HS256", mac::doFinal);
  }

  /**
   * Makes a key pair.
   *
   * @param publicKey file that gets its public half as PEM
   */
  static Tokens rsa(Path publicKey) throws GeneralSecurityException, IOException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair pair = generator.generateKeyPair();
    String body =
        Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(pair.getPublic().getEncoded());
    Files.writeString(
        publicKey, "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n");
    PrivateKey key = pair.getPrivate();
    return new Tokens(
        "RS256",
        content -> {
          Signature signature = Signature.getInstance("SHA256withRSA");
          signature.initSign(key);
          signature.update(content);
          return signature.sign();
        });
  }

  /** A token that no earlier call has returned. */
  public String of(String subject) {
    return of(subject, LIFETIME_SECONDS);
  }

  /**
   * The same with another time to live.
   *
   * @param seconds below 0 when it has expired
   */
  String of(String subject, int seconds) {
    long now = System.currentTimeMillis() / 1000;
    String claims =
        String.format(
            "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"iat\":%d,\"exp\":%d,\"jti\":\"t-%08d\"}",
            ISSUER, AUDIENCE, subject, now, now + seconds, serial++);
    String content = header + "." + encode(claims);
    try {
      byte[] signature = signer.sign(content.getBytes(StandardCharsets.US_ASCII));
      return content + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encode(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  /** The handshake of a client; every target gets the same, also those that look at no token. */
  public static byte[] handshake(@Nullable String token, String transport) {
    return handshake(token, transport, "http://localhost:3000");
  }

  /** The same from the page of another origin. */
  static byte[] handshake(@Nullable String token, String transport, String origin) {
    String credential = "";
    if (token != null) {
      credential =
          transport.equals("subprotocol")
              ? "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer." + token + "\r\n"
              : "Sec-WebSocket-Protocol: drawbridge.v1\r\nAuthorization: Bearer " + token + "\r\n";
    }
    return ("GET /ws HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "Connection: Upgrade\r\n"
            + "Upgrade: websocket\r\n"
            + "Origin: "
            + origin
            + "\r\n"
            + "Sec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + credential
            + "\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
