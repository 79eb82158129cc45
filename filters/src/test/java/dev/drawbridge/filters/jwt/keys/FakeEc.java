package dev.drawbridge.filters.jwt.keys;

import java.security.interfaces.ECPublicKey;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;

/** A key on the curve of another with a point that the JDK would not take. */
@SuppressWarnings("serial") // Never serialized.
record FakeEc(ECPoint getW, ECPublicKey other) implements ECPublicKey {
  private static final long serialVersionUID = 1L;

  @Override
  public ECParameterSpec getParams() {
    return other.getParams();
  }

  @Override
  public String getAlgorithm() {
    return "EC";
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
