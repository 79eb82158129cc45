package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.DeserializationContext;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.function.DoubleFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** JSON numbers as Java numbers. */
final class Numbers {
  /**
   * Digits that a number may have before and after its point when it is written out: {@value}.
   * Beyond that, one addition could take all memory.
   */
  static final int MAX_PLAIN_DIGITS = 1000;

  private static final String BOUNDED =
      "number of at most " + MAX_PLAIN_DIGITS + " digits before and after the point";

  private Numbers() {}

  /** Integers of a range: a number without fraction and exponent; there is no negative zero. */
  static final class Whole<T> extends StrictValue<T> {
    private static final long serialVersionUID = 1L;

    private final long min;
    private final long max;
    private final transient LongFunction<T> of;

    Whole(Class<T> type, long min, long max, LongFunction<T> of) {
      this(type, min, max, of, null);
    }

    Whole(Class<T> type, long min, long max, LongFunction<T> of, @Nullable T empty) {
      super(type, "integer", empty);
      this.min = min;
      this.max = max;
      this.of = of;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      if (!parser.hasToken(JsonToken.VALUE_NUMBER_INT)) {
        throw unfit(parser);
      }
      long value;
      try {
        value = parser.getLongValue();
      } catch (InputCoercionException e) {
        throw outOfRange(parser);
      }
      if (value < min || value > max) {
        throw outOfRange(parser);
      }
      if (value == 0 && isNegative(parser)) {
        throw unfit(parser);
      }
      return of.apply(value);
    }

    private Unfit outOfRange(JsonParser parser) {
      return unfit(parser, "integer from " + min + " to " + max);
    }
  }

  /** Integers of any size. */
  static final class Big extends StrictValue<BigInteger> {
    private static final long serialVersionUID = 1L;

    Big() {
      super(BigInteger.class, "integer", null);
    }

    @Override
    public BigInteger deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (!parser.hasToken(JsonToken.VALUE_NUMBER_INT)) {
        throw unfit(parser);
      }
      BigInteger value = parser.getBigIntegerValue();
      if (value.signum() == 0 && isNegative(parser)) {
        throw unfit(parser);
      }
      return value;
    }
  }

  /** The nearest binary number; one too large or too small for it is refused. */
  static final class Binary<T> extends StrictValue<T> {
    private static final long serialVersionUID = 1L;

    private final boolean single;
    private final transient DoubleFunction<T> of;

    Binary(Class<T> type, boolean single, DoubleFunction<T> of, @Nullable T empty) {
      super(type, "number", empty);
      this.single = single;
      this.of = of;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      if (!isNumber(parser)) {
        throw unfit(parser);
      }
      double value = single ? Float.parseFloat(parser.getText()) : parser.getDoubleValue();
      value = finite(parser, value, handledType(), single);
      return of.apply(value);
    }
  }

  /** Decimals with all their digits. */
  static final class Decimal extends StrictValue<BigDecimal> {
    private static final long serialVersionUID = 1L;

    Decimal() {
      super(BigDecimal.class, "number", null);
    }

    @Override
    public BigDecimal deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (!isNumber(parser)) {
        throw unfit(parser);
      }
      BigDecimal value = decimal(parser, BigDecimal.class);
      if (value.signum() == 0 && isNegative(parser)) {
        throw unfit(parser);
      }
      return value;
    }
  }

  /** Whatever holds the number exactly. */
  static final class Any extends StrictValue<Number> {
    private static final long serialVersionUID = 1L;

    Any() {
      super(Number.class, "number", null);
    }

    @Override
    public Number deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (!isNumber(parser)) {
        throw unfit(parser);
      }
      return number(parser);
    }
  }

  /**
   * The number that was read, with the sign of a zero; refused if that is not what stands there.
   */
  static double finite(JsonParser parser, double value, Class<?> target, boolean single)
      throws IOException {
    if (value != 0 && !Double.isInfinite(value)) {
      return value;
    }
    String text = parser.getText();
    if (value != 0 || !isZero(text)) {
      throw new Unfit(parser, target, "number that fits " + (single ? "32" : "64") + " bits");
    }
    return text.charAt(0) == '-' ? -0.0 : 0.0;
  }

  static boolean isNumber(JsonParser parser) {
    JsonToken token = parser.currentToken();
    return token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT;
  }

  /** An {@code Integer}, {@code Long}, {@code BigInteger}, {@code BigDecimal}; -0.0 of a zero. */
  static Number number(JsonParser parser) throws IOException {
    if (parser.hasToken(JsonToken.VALUE_NUMBER_INT)) {
      Number value = parser.getNumberValue();
      boolean zero = value instanceof Integer small && small == 0;
      return zero && isNegative(parser) ? (Number) (-0.0) : value;
    }
    BigDecimal value = decimal(parser, Number.class);
    return value.signum() == 0 && isNegative(parser) ? (Number) (-0.0) : value;
  }

  /** The number that the parser is at, within the bounds; the sign of a zero is lost. */
  static BigDecimal decimal(JsonParser parser, Class<?> target) throws IOException {
    BigDecimal value;
    try {
      value = parser.getDecimalValue();
    } catch (StreamReadException | NumberFormatException e) {
      // An exponent that is no int.
      throw new Unfit(parser, target, BOUNDED);
    }
    // As long: the scale of a stranger's number may be any int.
    long before = (long) value.precision() - value.scale();
    if (value.scale() > MAX_PLAIN_DIGITS || before > MAX_PLAIN_DIGITS) {
      throw new Unfit(parser, target, BOUNDED);
    }
    return value;
  }

  static boolean isNegative(JsonParser parser) throws IOException {
    return parser.getText().charAt(0) == '-';
  }

  /** True if all digits before the exponent are zeros. */
  private static boolean isZero(String number) {
    for (int i = 0; i < number.length(); i++) {
      char c = number.charAt(i);
      if (c == 'e' || c == 'E') {
        return true;
      }
      if (c >= '1' && c <= '9') {
        return false;
      }
    }
    return true;
  }
}
