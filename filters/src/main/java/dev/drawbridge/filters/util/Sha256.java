package dev.drawbridge.filters.util;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hash by which secrets and tokens are compared and remembered. FIPS 180-4. Stateless. */
public final class Sha256 {
  /** Only copied: to look for an implementation costs more than to hash a token. */
  private static final MessageDigest UNUSED = create();

  private Sha256() {}

  /** The 32 bytes of the hash. */
  public static byte[] of(byte[] bytes) {
    MessageDigest digest;
    try {
      digest = (MessageDigest) UNUSED.clone();
    } catch (CloneNotSupportedException e) {
      // Of another provider than the JDK's own.
      digest = create();
    }
    return digest.digest(bytes);
  }

  private static MessageDigest create() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
