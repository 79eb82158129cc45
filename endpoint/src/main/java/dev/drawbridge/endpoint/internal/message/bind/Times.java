package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.ContextualDeserializer;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.ser.ContextualSerializer;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Points in time and lengths of time as milliseconds, exact to the nanosecond: 1766000000000.5 is
 * half a millisecond after 1766000000000.
 */
final class Times {
  private static final BigInteger NANOS_PER_SECOND = BigInteger.valueOf(1_000_000_000);
  private static final int NANO_DIGITS_PER_MILLI = 6;
  private static final long MILLIS_PER_SECOND = 1000;
  private static final int NANOS_PER_MILLI = 1_000_000;

  private Times() {}

  /** Makes a value of whole seconds and the nanoseconds after them. */
  interface OfSeconds<T> {
    T of(long seconds, long nanos);
  }

  /** Seconds and the nanoseconds after them, 0 to 999999999. */
  record Span(long seconds, int nanos) {
    String millis() {
      if (nanos % NANOS_PER_MILLI == 0 && Math.abs(seconds) < Long.MAX_VALUE / 2000) {
        return Long.toString(seconds * MILLIS_PER_SECOND + nanos / NANOS_PER_MILLI);
      }
      BigDecimal millis =
          new BigDecimal(
                  BigInteger.valueOf(seconds)
                      .multiply(NANOS_PER_SECOND)
                      .add(BigInteger.valueOf(nanos)),
                  NANO_DIGITS_PER_MILLI)
              .stripTrailingZeros();
      return millis.toPlainString();
    }
  }

  /** True where the component's own {@code JsonFormat} says another form. */
  private static boolean hasOwnFormat(
      @Nullable BeanProperty property, Function<AnnotatedMember, JsonFormat.@Nullable Value> find) {
    AnnotatedMember member = property == null ? null : property.getMember();
    JsonFormat.Value format = member == null ? null : find.apply(member);
    return format != null && (format.hasPattern() || format.hasShape());
  }

  /** A number of milliseconds. */
  static final class Millis<T> extends StrictValue<T> implements ContextualDeserializer {
    private static final long serialVersionUID = 1L;

    private final transient OfSeconds<T> of;
    private final @Nullable JsonDeserializer<?> formatted;

    Millis(
        Class<T> type, String expected, OfSeconds<T> of, @Nullable JsonDeserializer<?> formatted) {
      super(type, expected, null);
      this.of = of;
      this.formatted = formatted;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      if (!Numbers.isNumber(parser)) {
        throw unfit(parser);
      }
      try {
        if (parser.hasToken(JsonToken.VALUE_NUMBER_INT)
            && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
          long millis = parser.getLongValue();
          if (millis == 0 && Numbers.isNegative(parser)) {
            throw unfit(parser);
          }
          return of.of(
              Math.floorDiv(millis, MILLIS_PER_SECOND),
              Math.floorMod(millis, MILLIS_PER_SECOND) * NANOS_PER_MILLI);
        }
        BigDecimal decimal = Numbers.decimal(parser, handledType());
        if (decimal.signum() == 0 && Numbers.isNegative(parser)) {
          throw unfit(parser);
        }
        BigInteger[] parts = split(decimal);
        return of.of(parts[0].longValueExact(), parts[1].longValue());
      } catch (ArithmeticException | DateTimeException e) {
        throw unfit(parser, expected() + " of whole nanoseconds, within the range of the type");
      }
    }

    /** Seconds and nanoseconds. */
    private static BigInteger[] split(BigDecimal millis) {
      BigInteger nanos = millis.scaleByPowerOfTen(NANO_DIGITS_PER_MILLI).toBigIntegerExact();
      BigInteger[] parts = nanos.divideAndRemainder(NANOS_PER_SECOND);
      if (parts[1].signum() < 0) {
        parts[0] = parts[0].subtract(BigInteger.ONE);
        parts[1] = parts[1].add(NANOS_PER_SECOND);
      }
      return parts;
    }

    @Override
    public JsonDeserializer<?> createContextual(
        DeserializationContext context, @Nullable BeanProperty property)
        throws JsonMappingException {
      return unlessFormatted(this, formatted, context, property);
    }
  }

  /** Ours, unless the application has given the member a format of its own. */
  private static JsonDeserializer<?> unlessFormatted(
      StrictValue<?> ours,
      @Nullable JsonDeserializer<?> formatted,
      DeserializationContext context,
      @Nullable BeanProperty property)
      throws JsonMappingException {
    return formatted != null
            && hasOwnFormat(property, context.getAnnotationIntrospector()::findFormat)
        ? context.handleSecondaryContextualization(
            formatted, property, context.constructType(ours.handledType()))
        : ours;
  }

  /** A string in the form of ISO 8601 that the class itself writes. */
  static final class Iso<T> extends StrictValue<T> implements ContextualDeserializer {
    private static final long serialVersionUID = 1L;

    private final transient Function<String, T> reading;
    private final @Nullable JsonDeserializer<?> formatted;

    Iso(
        Class<T> type,
        String expected,
        Function<String, T> reading,
        @Nullable JsonDeserializer<?> formatted) {
      super(type, expected, null);
      this.reading = reading;
      this.formatted = formatted;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      if (!parser.hasToken(JsonToken.VALUE_STRING)) {
        throw unfit(parser);
      }
      try {
        return reading.apply(parser.getText());
      } catch (DateTimeException | ArithmeticException e) {
        throw unfit(parser);
      }
    }

    @Override
    public JsonDeserializer<?> createContextual(
        DeserializationContext context, @Nullable BeanProperty property)
        throws JsonMappingException {
      return unlessFormatted(this, formatted, context, property);
    }
  }

  /** Writes milliseconds with their fraction. */
  static final class Writing<T> extends StdScalarSerializer<T> implements ContextualSerializer {
    private static final long serialVersionUID = 1L;

    private final transient Function<T, Span> span;
    private final transient @Nullable JsonSerializer<?> formatted;

    Writing(Class<T> type, Function<T, Span> span, @Nullable JsonSerializer<?> formatted) {
      super(type);
      this.span = span;
      this.formatted = formatted;
    }

    @Override
    public void serialize(T value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeNumber(span.apply(value).millis());
    }

    @Override
    public JsonSerializer<?> createContextual(
        SerializerProvider provider, @Nullable BeanProperty property) throws JsonMappingException {
      return formatted != null
              && hasOwnFormat(property, provider.getAnnotationIntrospector()::findFormat)
          ? provider.handleSecondaryContextualization(formatted, property)
          : this;
    }
  }
}
