package dev.drawbridge.filters.jwt.keys;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.jwt.jose.StrictJson;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * Reads keys from the texts that hold them. Stateless and thread-safe. RFC 7468 (PEM), RFC 7517
 * (JSON Web Key Set).
 */
public final class KeyReader {

  /** Keys in one set at most: {@value}. */
  static final int MAX_KEYS = 50;

  private static final Pattern PEM_BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");
  private static final List<String> KEY_FACTORIES = List.of("RSA", "EC", "Ed25519");

  /** The members a public key is made of; nothing else of a set is read, least of all x5u. */
  private static final List<String> KEY_MEMBERS = List.of("kty", "n", "e", "crv", "x", "y");

  private KeyReader() {}

  /** The bytes of a secret: those after {@code base64url:} or {@code base64:}, or its text. */
  static byte[] secretBytes(String text) throws UnusableKeysException {
    int colon = text.indexOf(':');
    String prefix = text.substring(0, colon + 1);
    String encoded = text.substring(colon + 1).strip();
    try {
      return switch (prefix) {
        case "base64url:" -> Base64.getUrlDecoder().decode(encoded);
        case "base64:" -> Base64.getDecoder().decode(encoded);
        default -> text.getBytes(StandardCharsets.UTF_8);
      };
    } catch (IllegalArgumentException e) {
      throw new UnusableKeysException(
          "after "
              + prefix
              + " only "
              + (prefix.equals("base64:") ? "base64 (A-Z a-z 0-9 + / =)" : "base64url")
              + " characters may follow");
    }
  }

  /** The public key, or that of the first certificate, of a PEM text. */
  static KeySet pem(String text) throws UnusableKeysException {
    if (text.contains("PRIVATE KEY-----")) {
      throw new UnusableKeysException(
          "it holds a private key; give the public one (openssl pkey -in private.pem -pubout)");
    }
    Matcher block = PEM_BLOCK.matcher(text);
    if (!block.find()) {
      throw new UnusableKeysException("it holds no PEM block (-----BEGIN PUBLIC KEY-----)");
    }
    byte[] der;
    try {
      der = Base64.getMimeDecoder().decode(block.group(2));
    } catch (IllegalArgumentException e) {
      throw new UnusableKeysException("its PEM block is not base64");
    }
    PublicKey key =
        switch (block.group(1)) {
          case "PUBLIC KEY" -> publicKey(der);
          case "CERTIFICATE" -> certificateKey(der);
          default ->
              throw new UnusableKeysException(
                  "its PEM block is a "
                      + block.group(1)
                      + "; it must be a PUBLIC KEY (SubjectPublicKeyInfo) or a CERTIFICATE");
        };
    if (isComputable(key)) {
      throw new UnusableKeysException(String.valueOf(SignatureAlgorithm.RS256.misfit(key)));
    }
    if (SignatureAlgorithm.usual(key) == null) {
      throw new UnusableKeysException(
          "its "
              + key.getAlgorithm()
              + " key fits no algorithm: RSA needs 2048 to 8192 bits, EC the curve P-256 or P-384,"
              + " EdDSA Ed25519");
    }
    return KeySet.unnamed(List.of(key));
  }

  private static PublicKey publicKey(byte[] der) throws UnusableKeysException {
    for (String factory : KEY_FACTORIES) {
      try {
        return KeyFactory.getInstance(factory).generatePublic(new X509EncodedKeySpec(der));
      } catch (GeneralSecurityException e) {
        // Not a key of this type; the next factory looks.
      }
    }
    throw new UnusableKeysException("its public key is neither RSA, EC nor Ed25519");
  }

  private static PublicKey certificateKey(byte[] der) throws UnusableKeysException {
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificate(new ByteArrayInputStream(der))
          .getPublicKey();
    } catch (GeneralSecurityException e) {
      throw new UnusableKeysException("its certificate cannot be read");
    }
  }

  /**
   * The public signature keys of a JSON Web Key Set. Keys for encryption, symmetric and private
   * ones, and those of types we do not know are left out (RFC 7517 section 5).
   *
   * @throws UnusableKeysException if it is no key set, or none of its keys is left
   */
  public static KeySet jwks(byte[] json) throws UnusableKeysException {
    ObjectNode set = StrictJson.object(json);
    if (set == null || !(set.get("keys") instanceof ArrayNode keys)) {
      throw new UnusableKeysException("it is no JSON object with an array \"keys\"");
    }
    if (keys.size() > MAX_KEYS) {
      throw new UnusableKeysException("it must hold at most " + MAX_KEYS + " keys: " + keys.size());
    }
    List<KeySet.Entry> entries = new ArrayList<>();
    int computable = 0;
    for (JsonNode node : keys) {
      KeySet.Entry entry = node instanceof ObjectNode key ? entry(key) : null;
      if (entry != null && isComputable(entry.key())) {
        computable++;
      } else if (entry != null) {
        entries.add(entry);
      }
    }
    if (entries.isEmpty()) {
      throw new UnusableKeysException(
          "none of its "
              + keys.size()
              + " keys is a public signature key that we know"
              + (computable == 0
                  ? ""
                  : "; "
                      + computable
                      + " with the fingerprint of ROCA (CVE-2017-15361): their private halves can be"
                      + " computed"));
    }
    return KeySet.named(entries);
  }

  private static KeySet.@Nullable Entry entry(ObjectNode key) {
    // A published private key is no secret any more, so it must not let anyone in.
    if (key.has("d") || key.has("k") || !isForSignatures(key)) {
      return null;
    }
    SignatureAlgorithm algorithm = null;
    if (key.has("alg")) {
      algorithm = SignatureAlgorithm.named(key.path("alg").asText());
      if (algorithm == null) {
        return null;
      }
    }
    JsonNode keyId = key.get("kid");
    if (keyId != null && !keyId.isTextual()) {
      return null;
    }
    JsonNode issuer = key.get("issuer");
    if (issuer != null && !issuer.isTextual()) {
      // It is somebody's alone, and nobody can say whose.
      return null;
    }
    Map<String, Object> members = new LinkedHashMap<>();
    for (String name : KEY_MEMBERS) {
      JsonNode member = key.get(name);
      if (member != null) {
        members.put(name, member.asText());
      }
    }
    try {
      Key publicKey = JsonWebKey.Factory.newJwk(members).getKey();
      KeySet.Entry entry =
          new KeySet.Entry(
              keyId == null ? null : keyId.textValue(),
              algorithm,
              publicKey,
              issuer == null ? null : issuer.textValue());
      return isComputable(publicKey) || isOfUse(entry) ? entry : null;
    } catch (JoseException | RuntimeException e) {
      // A key of another type or a broken one: the others of the set still count.
      return null;
    }
  }

  private static boolean isOfUse(KeySet.Entry entry) {
    return Stream.of(SignatureAlgorithm.values()).anyMatch(entry::serves);
  }

  private static boolean isComputable(Key key) {
    return key instanceof RSAPublicKey rsa && RocaFingerprint.isIn(rsa.getModulus());
  }

  private static boolean isForSignatures(ObjectNode key) {
    JsonNode use = key.get("use");
    if (use != null && !use.asText().equals("sig")) {
      return false;
    }
    JsonNode operations = key.get("key_ops");
    if (operations == null) {
      return true;
    }
    for (JsonNode operation : operations) {
      if (operation.asText().equals("verify")) {
        return true;
      }
    }
    return false;
  }
}
