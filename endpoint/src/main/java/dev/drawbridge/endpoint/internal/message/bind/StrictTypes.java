package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.deser.std.DateDeserializers;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.DateSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializerBase;
import com.fasterxml.jackson.datatype.jsr310.deser.DurationDeserializer;
import com.fasterxml.jackson.datatype.jsr310.deser.InstantDeserializer;
import com.fasterxml.jackson.datatype.jsr310.deser.LocalDateDeserializer;
import com.fasterxml.jackson.datatype.jsr310.deser.LocalDateTimeDeserializer;
import com.fasterxml.jackson.datatype.jsr310.deser.LocalTimeDeserializer;
import com.fasterxml.jackson.datatype.jsr310.deser.MonthDayDeserializer;
import com.fasterxml.jackson.datatype.jsr310.deser.OffsetTimeDeserializer;
import com.fasterxml.jackson.datatype.jsr310.deser.YearMonthDeserializer;
import com.fasterxml.jackson.datatype.jsr310.ser.DurationSerializer;
import com.fasterxml.jackson.datatype.jsr310.ser.InstantSerializer;
import com.fasterxml.jackson.datatype.jsr310.ser.OffsetDateTimeSerializer;
import com.fasterxml.jackson.datatype.jsr310.ser.ZonedDateTimeSerializer;
import java.net.URI;
import java.nio.ByteBuffer;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TimeZone;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The table of Java types and the JSON that becomes each, in the endpoint's README. Immutable; the
 * values are bound while the text is read, in the one pass that reads it.
 */
public final class StrictTypes {
  private static final Map<Class<?>, StrictValue<?>> VALUES = values();

  /** Written as text although other times are numbers: they are no points in time. */
  private static final List<Class<?>> ISO =
      List.of(
          LocalDate.class,
          LocalDateTime.class,
          LocalTime.class,
          OffsetTime.class,
          YearMonth.class,
          MonthDay.class);

  private StrictTypes() {}

  /** Adds them to a mapper; what the application adds later goes before them. */
  public static void addTo(JsonMapper.Builder mapper) {
    mapper.addModule(module());
    mapper.polymorphicTypeValidator(new Resolving.NoClassNames());
    ISO.forEach(
        type ->
            mapper.withConfigOverride(
                type,
                override ->
                    override.setFormat(JsonFormat.Value.forShape(JsonFormat.Shape.STRING))));
  }

  /** What fits a class, in words; null for those that this table does not hold. */
  public static @Nullable String words(Class<?> type) {
    StrictValue<?> value = VALUES.get(type);
    if (value != null) {
      return value.expected();
    } else if (type == JsonNode.class || type == Object.class) {
      return "any JSON";
    } else if (ObjectNode.class == type) {
      return "object";
    } else if (ArrayNode.class == type) {
      return "array";
    }
    return null;
  }

  /** What a class is in JSON, as far as the table knows it. */
  public enum Kind {
    NUMBER,
    STRING,
    BOOLEAN,
    ARRAY,
    /** An object whose members are no class's. */
    MEMBERS,
    ANY,
    /** A class of the application's. */
    OBJECT
  }

  /** The kind of JSON that becomes a class. */
  public static Kind kind(Class<?> type) {
    StrictValue<?> value = VALUES.get(type);
    if (value instanceof PrimitiveArray) {
      return Kind.ARRAY;
    } else if (value instanceof Words.Truth) {
      return Kind.BOOLEAN;
    } else if (value instanceof Words.Text || value instanceof Times.Iso) {
      return Kind.STRING;
    } else if (value != null) {
      return Kind.NUMBER;
    } else if (CharSequence.class.isAssignableFrom(type)) {
      return Kind.STRING;
    } else if (type == ArrayNode.class
        || type.isArray()
        || (Iterable.class.isAssignableFrom(type) && !JsonNode.class.isAssignableFrom(type))) {
      return Kind.ARRAY;
    } else if (type == ObjectNode.class || Map.class.isAssignableFrom(type)) {
      return Kind.MEMBERS;
    } else if (type == Object.class || JsonNode.class.isAssignableFrom(type)) {
      return Kind.ANY;
    }
    return Kind.OBJECT;
  }

  /**
   * What keeps a type from being bound: it holds one that would be looked up by what a client
   * names.
   */
  public static Optional<String> refusal(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof Resolving.Refused refused) {
        return Optional.of(refused.getOriginalMessage());
      }
    }
    return Optional.empty();
  }

  static String expected(Class<?> type) {
    String words = words(type);
    return words != null ? words : type.isEnum() ? "the name of a constant" : "string";
  }

  private static Module module() {
    SimpleModule module = new SimpleModule("drawbridge-strict");
    module.setKeyDeserializers(new Resolving.Keys());
    VALUES.forEach((type, value) -> add(module, type, value));
    module.addDeserializer(JsonNode.class, new ExactTree.Nodes<>(JsonNode.class));
    module.addDeserializer(ObjectNode.class, new ExactTree.Nodes<>(ObjectNode.class));
    module.addDeserializer(ArrayNode.class, new ExactTree.Nodes<>(ArrayNode.class));
    module.addDeserializer(Object.class, new ExactTree.Values());
    module.setDeserializerModifier(new StrictText.Modifier());
    module.setValueInstantiators(new StrictCreators());

    Function<Instant, Times.Span> instant =
        value -> new Times.Span(value.getEpochSecond(), value.getNano());
    Function<OffsetDateTime, Times.Span> offset = value -> instant.apply(value.toInstant());
    Function<ZonedDateTime, Times.Span> zoned = value -> instant.apply(value.toInstant());
    Function<Duration, Times.Span> duration =
        value -> new Times.Span(value.getSeconds(), value.getNano());
    time(module, Instant.class, instant, InstantSerializer.INSTANCE);
    time(module, OffsetDateTime.class, offset, OffsetDateTimeSerializer.INSTANCE);
    time(module, ZonedDateTime.class, zoned, ZonedDateTimeSerializer.INSTANCE);
    time(module, Duration.class, duration, DurationSerializer.INSTANCE);
    Function<Timestamp, Times.Span> timestamp = value -> instant.apply(value.toInstant());
    time(module, Timestamp.class, timestamp, DateSerializer.instance);
    module.addKeySerializer(
        Date.class,
        new Keys.Writing<>(Date.class, value -> Long.toString(value.toInstant().toEpochMilli())));
    module.addKeySerializer(
        Double.class,
        new Keys.Writing<>(Double.class, value -> finite(value, Double.isFinite(value))));
    module.addKeySerializer(
        Float.class,
        new Keys.Writing<>(Float.class, value -> finite(value, Float.isFinite(value))));
    module.addSerializer(Locale.class, new LanguageTag());
    module.addKeySerializer(Locale.class, new Keys.Writing<>(Locale.class, Locale::toLanguageTag));
    return module;
  }

  private static <T> void time(
      SimpleModule module, Class<T> type, Function<T, Times.Span> span, JsonSerializer<?> own) {
    module.addSerializer(type, new Times.Writing<>(type, span, own));
    module.addKeySerializer(type, new Keys.Writing<>(type, value -> span.apply(value).millis()));
  }

  private static String finite(Number value, boolean finite) {
    if (!finite) {
      throw new IllegalArgumentException("JSON has no word for NaN and the infinities");
    }
    return value.toString();
  }

  private static <T> void add(SimpleModule module, Class<T> type, StrictValue<?> value) {
    @SuppressWarnings("unchecked")
    StrictValue<T> same = (StrictValue<T>) value;
    module.addDeserializer(type, same);
    if (!type.isArray()) {
      module.addKeyDeserializer(type, new Keys.Reading(value));
    }
  }

  private static Map<Class<?>, StrictValue<?>> values() {
    Map<Class<?>, StrictValue<?>> values = new HashMap<>();
    put(values, byte.class, Byte.class, Byte.MIN_VALUE, Byte.MAX_VALUE, value -> (byte) value);
    put(values, short.class, Short.class, Short.MIN_VALUE, Short.MAX_VALUE, value -> (short) value);
    put(
        values,
        int.class,
        Integer.class,
        Integer.MIN_VALUE,
        Integer.MAX_VALUE,
        value -> (int) value);
    put(values, long.class, Long.class, Long.MIN_VALUE, Long.MAX_VALUE, value -> value);
    List.<StrictValue<?>>of(
            new Numbers.Whole<>(
                AtomicInteger.class,
                Integer.MIN_VALUE,
                Integer.MAX_VALUE,
                value -> new AtomicInteger((int) value)),
            new Numbers.Whole<>(AtomicLong.class, Long.MIN_VALUE, Long.MAX_VALUE, AtomicLong::new),
            new Numbers.Whole<>(
                OptionalInt.class,
                Integer.MIN_VALUE,
                Integer.MAX_VALUE,
                value -> OptionalInt.of((int) value),
                OptionalInt.empty()),
            new Numbers.Whole<>(
                OptionalLong.class,
                Long.MIN_VALUE,
                Long.MAX_VALUE,
                OptionalLong::of,
                OptionalLong.empty()),
            new Numbers.Whole<>(
                Year.class, Year.MIN_VALUE, Year.MAX_VALUE, value -> Year.of((int) value)),
            new Numbers.Binary<>(double.class, false, value -> value, null),
            new Numbers.Binary<>(Double.class, false, value -> value, null),
            new Numbers.Binary<>(float.class, true, value -> (float) value, null),
            new Numbers.Binary<>(Float.class, true, value -> (float) value, null),
            new Numbers.Binary<>(
                OptionalDouble.class, false, OptionalDouble::of, OptionalDouble.empty()),
            new Numbers.Big(),
            new Numbers.Decimal(),
            new Numbers.Any(),
            new Words.Truth<>(boolean.class, value -> value),
            new Words.Truth<>(Boolean.class, value -> value),
            new Words.Truth<>(AtomicBoolean.class, AtomicBoolean::new),
            new Words.Text<>(char.class, "string of one character", Words::character),
            new Words.Text<>(Character.class, "string of one character", Words::character),
            new Words.Text<>(char[].class, "string", String::toCharArray),
            new Words.Text<>(byte[].class, "base64 with padding", Words::base64),
            new Words.Text<>(UUID.class, "UUID of 36 characters", Words::uuid),
            new Words.Text<>(URI.class, "URI", Words::uri),
            new Words.Text<>(Locale.class, "language tag", Words::locale),
            new Words.Text<>(StringBuilder.class, "string", StringBuilder::new),
            new Words.Text<>(ByteBuffer.class, "base64 with padding", Words::buffer),
            new Words.Text<>(Time.class, "time such as 23:59:59", Words::time),
            new Words.Text<>(TimeZone.class, "time zone", Words::timeZone),
            new Words.Text<>(ZoneId.class, "time zone", ZoneId::of),
            new Words.Text<>(ZoneOffset.class, "offset such as +02:00", ZoneOffset::of),
            new Words.Text<>(Period.class, "period such as P1Y2M3D", Period::parse))
        .forEach(value -> values.put(value.handledType(), value));
    putTimes(values);
    for (Class<?> array :
        Set.of(
            boolean[].class,
            short[].class,
            int[].class,
            long[].class,
            float[].class,
            double[].class)) {
      putArray(values, array);
    }
    return Map.copyOf(values);
  }

  private static <T> void putArray(Map<Class<?>, StrictValue<?>> values, Class<T> array) {
    StrictValue<?> item = values.get(array.getComponentType());
    if (item != null) {
      values.put(array, new PrimitiveArray<>(array, item));
    }
  }

  private static void putTimes(Map<Class<?>, StrictValue<?>> values) {
    String point = "epoch milliseconds";
    List.<StrictValue<?>>of(
            new Times.Millis<>(
                Instant.class, point, Instant::ofEpochSecond, InstantDeserializer.INSTANT),
            new Times.Millis<>(
                OffsetDateTime.class,
                point,
                (seconds, nanos) -> Instant.ofEpochSecond(seconds, nanos).atOffset(ZoneOffset.UTC),
                InstantDeserializer.OFFSET_DATE_TIME),
            new Times.Millis<>(
                ZonedDateTime.class,
                point,
                (seconds, nanos) -> Instant.ofEpochSecond(seconds, nanos).atZone(ZoneOffset.UTC),
                InstantDeserializer.ZONED_DATE_TIME),
            new Times.Millis<>(
                Date.class,
                point,
                (seconds, nanos) -> Date.from(Instant.ofEpochMilli(millis(seconds, nanos))),
                new DateDeserializers.DateDeserializer()),
            new Times.Millis<>(
                java.sql.Date.class,
                point,
                (seconds, nanos) -> new java.sql.Date(millis(seconds, nanos)),
                new DateDeserializers.SqlDateDeserializer()),
            new Times.Millis<>(
                Timestamp.class,
                point,
                StrictTypes::timestamp,
                new DateDeserializers.TimestampDeserializer()),
            new Times.Millis<>(
                Calendar.class,
                point,
                StrictTypes::calendar,
                new DateDeserializers.CalendarDeserializer()),
            new Times.Millis<>(
                GregorianCalendar.class,
                point,
                StrictTypes::calendar,
                new DateDeserializers.CalendarDeserializer(GregorianCalendar.class)),
            new Times.Millis<>(
                Duration.class, "milliseconds", Duration::ofSeconds, DurationDeserializer.INSTANCE),
            new Times.Iso<>(
                LocalDate.class,
                "date such as 2025-12-31",
                LocalDate::parse,
                LocalDateDeserializer.INSTANCE),
            new Times.Iso<>(
                LocalDateTime.class,
                "date and time such as 2025-12-31T23:59:59",
                LocalDateTime::parse,
                LocalDateTimeDeserializer.INSTANCE),
            new Times.Iso<>(
                LocalTime.class,
                "time such as 23:59:59",
                LocalTime::parse,
                LocalTimeDeserializer.INSTANCE),
            new Times.Iso<>(
                OffsetTime.class,
                "time such as 23:59:59+02:00",
                OffsetTime::parse,
                OffsetTimeDeserializer.INSTANCE),
            new Times.Iso<>(
                YearMonth.class,
                "month such as 2025-12",
                YearMonth::parse,
                YearMonthDeserializer.INSTANCE),
            new Times.Iso<>(
                MonthDay.class,
                "day such as --12-31",
                MonthDay::parse,
                MonthDayDeserializer.INSTANCE))
        .forEach(value -> values.put(value.handledType(), value));
  }

  private static GregorianCalendar calendar(long seconds, long nanos) {
    GregorianCalendar calendar = new GregorianCalendar(TimeZone.getTimeZone("UTC"), Locale.ROOT);
    calendar.setTimeInMillis(millis(seconds, nanos));
    return calendar;
  }

  private static Timestamp timestamp(long seconds, long nanos) {
    Timestamp timestamp = new Timestamp(Math.multiplyExact(seconds, 1000L));
    timestamp.setNanos((int) nanos);
    return timestamp;
  }

  private static long millis(long seconds, long nanos) {
    if (nanos % 1_000_000 != 0) {
      throw new ArithmeticException("a fraction of a millisecond");
    }
    return Math.addExact(Math.multiplyExact(seconds, 1000L), nanos / 1_000_000);
  }

  private static <T> void put(
      Map<Class<?>, StrictValue<?>> values,
      Class<T> primitive,
      Class<T> boxed,
      long min,
      long max,
      java.util.function.LongFunction<T> of) {
    values.put(primitive, new Numbers.Whole<>(primitive, min, max, of));
    values.put(boxed, new Numbers.Whole<>(boxed, min, max, of));
  }

  /** Writes a locale as it is read. */
  private static final class LanguageTag extends ToStringSerializerBase {
    private static final long serialVersionUID = 1L;

    LanguageTag() {
      super(Locale.class);
    }

    @Override
    public String valueToString(Object value) {
      return ((Locale) value).toLanguageTag();
    }
  }
}
