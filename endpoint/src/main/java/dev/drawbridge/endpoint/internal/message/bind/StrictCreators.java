package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.ValueInstantiator;
import com.fasterxml.jackson.databind.deser.std.StdValueInstantiator;
import com.fasterxml.jackson.databind.module.SimpleValueInstantiators;
import java.io.IOException;

/**
 * Classes that are made of one number ({@code @JsonCreator} of an {@code int}, {@code long} or
 * {@code double}): Jackson reads it by itself, and it follows the rules of its type all the same.
 */
final class StrictCreators extends SimpleValueInstantiators {
  private static final long serialVersionUID = 1L;

  @Override
  public ValueInstantiator findValueInstantiator(
      DeserializationConfig config, BeanDescription description, ValueInstantiator standard) {
    return standard.getClass() == StdValueInstantiator.class
            && (standard.canCreateFromInt()
                || standard.canCreateFromLong()
                || standard.canCreateFromDouble())
        ? new OfNumber((StdValueInstantiator) standard)
        : standard;
  }

  private static final class OfNumber extends StdValueInstantiator {
    private static final long serialVersionUID = 1L;

    OfNumber(StdValueInstantiator standard) {
      super(standard);
    }

    @Override
    public Object createFromInt(DeserializationContext context, int value) throws IOException {
      if (value == 0 && isNegativeZero(context.getParser())) {
        if (!canCreateFromInt() && !canCreateFromLong()) {
          return super.createFromDouble(context, -0.0);
        }
        throw new Unfit(context.getParser(), getValueClass(), "integer");
      }
      return !canCreateFromInt() && !canCreateFromLong()
          ? super.createFromDouble(context, value)
          : super.createFromInt(context, value);
    }

    @Override
    public Object createFromDouble(DeserializationContext context, double value)
        throws IOException {
      JsonParser parser = context.getParser();
      if (Double.isInfinite(value) || (value == 0 && isAtZero(parser))) {
        return super.createFromDouble(
            context, Numbers.finite(parser, value, getValueClass(), false));
      }
      return super.createFromDouble(context, value);
    }

    private static boolean isNegativeZero(JsonParser parser) throws IOException {
      return isAtZero(parser) && Numbers.isNegative(parser);
    }

    /** Not for one that reads from a buffer meanwhile. */
    private static boolean isAtZero(JsonParser parser) throws IOException {
      return Numbers.isNumber(parser) && parser.getDoubleValue() == 0;
    }
  }
}
