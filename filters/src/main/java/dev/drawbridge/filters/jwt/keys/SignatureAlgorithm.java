package dev.drawbridge.filters.jwt.keys;

import java.math.BigInteger;
import java.security.Key;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECPoint;
import java.security.spec.EllipticCurve;
import java.util.Locale;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * The signature algorithms we verify, each with the keys that fit it. Immutable. RFC 7518 section
 * 3, RFC 8037.
 */
public enum SignatureAlgorithm {
  HS256(Family.HMAC, 32),
  HS384(Family.HMAC, 48),
  HS512(Family.HMAC, 64),
  RS256(Family.RSA, 2048),
  RS384(Family.RSA, 2048),
  RS512(Family.RSA, 2048),
  PS256(Family.RSA, 2048),
  PS384(Family.RSA, 2048),
  PS512(Family.RSA, 2048),
  ES256(Family.EC, 256),
  ES384(Family.EC, 384),
  EdDSA(Family.EDDSA, 255);

  /** Kinds of key; one configuration verifies with one of them (RFC 8725 section 3.1). */
  public enum Family {
    HMAC,
    RSA,
    EC,
    EDDSA
  }

  /** Largest RSA modulus in bits: {@value}; a larger one only burns our time. */
  private static final int MAX_RSA_BITS = 8192;

  private final Family family;

  /**
   * HMAC: bytes of the key at least. RSA: bits of the modulus at least. Curves: bits of the field.
   */
  private final int size;

  SignatureAlgorithm(Family family, int size) {
    this.family = family;
    this.size = size;
  }

  public Family family() {
    return family;
  }

  /** Length of an ECDSA or EdDSA signature's halves in bytes; 0 for the others. */
  public int signatureHalfBytes() {
    return switch (family) {
      case EC -> size / 8;
      case EDDSA -> 32;
      default -> 0;
    };
  }

  /** The algorithm of a name, matched exactly, or null. */
  public static @Nullable SignatureAlgorithm named(String name) {
    for (SignatureAlgorithm algorithm : values()) {
      if (algorithm.name().equals(name)) {
        return algorithm;
      }
    }
    return null;
  }

  /** The usual algorithm of a key, or null if no algorithm accepts it. */
  static @Nullable SignatureAlgorithm usual(Key key) {
    for (SignatureAlgorithm algorithm : values()) {
      if (algorithm.misfit(key) == null) {
        return algorithm;
      }
    }
    return null;
  }

  /** True if a signature of this algorithm may be checked with a key. */
  boolean fits(Key key) {
    return misfit(key) == null;
  }

  /** Why a key does not fit, as a sentence, or null if it does. */
  @Nullable String misfit(Key key) {
    return switch (family) {
      case HMAC -> hmacMisfit(key);
      case RSA -> rsaMisfit(key);
      case EC -> ecMisfit(key);
      case EDDSA ->
          key instanceof EdECPublicKey edwards
                  && edwards.getParams().getName().toUpperCase(Locale.ROOT).equals("ED25519")
              ? null
              : name() + " needs an Ed25519 public key";
    };
  }

  private @Nullable String hmacMisfit(Key key) {
    if (!(key instanceof SecretKey)) {
      return name() + " needs a secret";
    }
    int length = key.getEncoded().length;
    return length >= size
        ? null
        : name() + " needs a secret of at least " + size + " bytes: " + length;
  }

  private @Nullable String rsaMisfit(Key key) {
    if (!(key instanceof RSAPublicKey rsa)) {
      return name() + " needs an RSA public key";
    }
    int bits = rsa.getModulus().bitLength();
    if (bits < size || bits > MAX_RSA_BITS) {
      return name() + " needs an RSA key of " + size + " to " + MAX_RSA_BITS + " bits: " + bits;
    }
    BigInteger exponent = rsa.getPublicExponent();
    if (RocaFingerprint.isIn(rsa.getModulus())) {
      return "the RSA key has the fingerprint of ROCA (CVE-2017-15361): its private half can be"
          + " computed; make a new key elsewhere";
    }
    // With the exponent 1 every text is its own signature.
    return exponent.compareTo(BigInteger.valueOf(3)) >= 0 && exponent.testBit(0)
        ? null
        : name() + " needs an RSA key with an odd exponent of at least 3";
  }

  private @Nullable String ecMisfit(Key key) {
    if (!(key instanceof ECPublicKey ec)) {
      return name() + " needs an elliptic curve public key";
    }
    EllipticCurve curve = ec.getParams().getCurve();
    int bits = curve.getField().getFieldSize();
    if (bits != size) {
      return name() + " needs a key on the curve P-" + size + ", not of " + bits + " bits";
    }
    return isOnCurve(curve, ec.getW()) ? null : "the key's point is not on the curve P-" + size;
  }

  /** The JDK builds a key from any two numbers. */
  private static boolean isOnCurve(EllipticCurve curve, ECPoint point) {
    if (point.equals(ECPoint.POINT_INFINITY) || !(curve.getField() instanceof ECFieldFp field)) {
      return false;
    }
    BigInteger p = field.getP();
    BigInteger x = point.getAffineX();
    BigInteger y = point.getAffineY();
    if (x.signum() < 0 || x.compareTo(p) >= 0 || y.signum() < 0 || y.compareTo(p) >= 0) {
      return false;
    }
    BigInteger right = x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
    return y.multiply(y).mod(p).equals(right);
  }
}
