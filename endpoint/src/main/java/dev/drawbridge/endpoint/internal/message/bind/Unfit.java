package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;

/** A JSON value that does not fit its Java type. Holds no value of the message. */
public final class Unfit extends MismatchedInputException {
  private static final long serialVersionUID = 1L;

  private final String expected;

  Unfit(JsonParser at, Class<?> target, String expected) {
    super(at, "expected " + expected, target);
    this.expected = expected;
  }

  /** What would fit, in words. */
  public String expected() {
    return expected;
  }
}
