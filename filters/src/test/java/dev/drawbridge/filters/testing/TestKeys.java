package dev.drawbridge.filters.testing;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.lang.JoseException;

/** Key pairs, made once for all tests, and the files that hold their public halves. */
public final class TestKeys {

  public static final KeyPair RSA = rsa(2048);
  public static final KeyPair RSA_2 = rsa(2048);
  public static final KeyPair RSA_WEAK = rsa(1024);
  public static final KeyPair P256 = curve("secp256r1");
  public static final KeyPair P384 = curve("secp384r1");
  public static final KeyPair ED25519 = pair("Ed25519");
  public static final Key NEXT_SECRET =
      new SecretKeySpec(
          "nE4xtSv8bTk3yLp7cJh2sGd9fEa6uWm5".getBytes(StandardCharsets.UTF_8), "HMAC");
  public static final Key OTHER_SECRET =
      new SecretKeySpec(
          "zQ1mWn5xRv8bTk3yLp7cJh2sGd9fEa6u".getBytes(StandardCharsets.UTF_8), "HMAC");

  private TestKeys() {}

  public static KeyPair rsa(int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(bits);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair curve(String name) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(name));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair pair(String algorithm) {
    try {
      return KeyPairGenerator.getInstance(algorithm).generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public static String pem(PublicKey key) {
    return pem("PUBLIC KEY", key.getEncoded());
  }

  public static String pem(String type, byte[] der) {
    return "-----BEGIN "
        + type
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + type
        + "-----\n";
  }

  /** One key of a set; members given override those of the key, null removes one. */
  public static Map<String, Object> jwk(PublicKey key, String keyId, Object... members) {
    try {
      Map<String, Object> jwk =
          new TreeMap<>(
              PublicJsonWebKey.Factory.newPublicJwk(key)
                  .toParams(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
      jwk.put("use", "sig");
      if (keyId != null) {
        jwk.put("kid", keyId);
      }
      for (int i = 0; i < members.length; i += 2) {
        if (members[i + 1] == null) {
          jwk.remove((String) members[i]);
        } else {
          jwk.put((String) members[i], members[i + 1]);
        }
      }
      return jwk;
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  public static String jwks(List<Map<String, Object>> keys) {
    return JsonUtil.toJson(Map.of("keys", keys));
  }

  public static String jwks(Map<String, Object> key) {
    return jwks(List.of(key));
  }
}
