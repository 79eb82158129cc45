package dev.drawbridge.filters.util;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hash by which secrets and tokens are compared and remembered. FIPS 180-4. Stateless. */
public final class Sha256 {
  private Sha256() {}

  /** The 32 bytes of the hash. */
  public static byte[] of(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
