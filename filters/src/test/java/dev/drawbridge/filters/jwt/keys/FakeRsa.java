package dev.drawbridge.filters.jwt.keys;

import java.math.BigInteger;
import java.security.interfaces.RSAPublicKey;

/** An RSA key that the JDK would not even make. */
public record FakeRsa(BigInteger getModulus, BigInteger getPublicExponent) implements RSAPublicKey {
  private static final long serialVersionUID = 1L;

  @Override
  public String getAlgorithm() {
    return "RSA";
  }

  @Override
  public String getFormat() {
    return "X.509";
  }

  @Override
  public byte[] getEncoded() {
    return new byte[0];
  }
}
