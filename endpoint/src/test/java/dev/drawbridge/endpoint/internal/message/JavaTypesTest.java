package dev.drawbridge.endpoint.internal.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.TypeFactory;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
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
import java.util.ArrayList;
import java.util.Calendar;
import java.util.Currency;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.LinkedHashMap;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each cell of the README's table of Java types and JSON, plain and nested. */
class JavaTypesTest {
  private static final JsonMapper MAPPER = PayloadMapper.builder().build();
  private static final Pattern CODE = Pattern.compile("`([^`]+)`( → `([^`]+)`)?");

  enum Color {
    RED,
    @JsonProperty("light-blue")
    LIGHT_BLUE
  }

  record Counted(int count) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes(@JsonSubTypes.Type(value = Circle.class, name = "circle"))
  interface Shape {}

  record Circle(double radius) implements Shape {}

  record Of<T>(T value) {}

  record ListOf<T>(List<T> value) {}

  record MapOf<T>(Map<String, T> value) {}

  record OptionalOf<T>(Optional<T> value) {}

  record Deep<T>(List<Map<String, Of<T>>> value) {}

  record Primitives(
      byte aByte,
      short aShort,
      int anInt,
      long aLong,
      float aFloat,
      double aDouble,
      boolean aBoolean,
      char aChar) {}

  /** Where a value may stand, with its pointer. */
  private enum Place {
    PLAIN(Of.class, "{\"value\":%s}", "/data/value"),
    LIST(ListOf.class, "{\"value\":[%s]}", "/data/value/0"),
    MAP(MapOf.class, "{\"value\":{\"k\":%s}}", "/data/value/k"),
    OPTIONAL(OptionalOf.class, "{\"value\":%s}", "/data/value"),
    DEEP(Deep.class, "{\"value\":[{\"k\":{\"value\":%s}}]}", "/data/value/0/k/value");

    private final Class<?> holder;
    private final String json;
    private final String pointer;

    Place(Class<?> holder, String json, String pointer) {
      this.holder = holder;
      this.json = json;
      this.pointer = pointer;
    }
  }

  private static Map<String, List<JavaType>> types() {
    TypeFactory types = MAPPER.getTypeFactory();
    Map<String, List<JavaType>> all = new LinkedHashMap<>();
    for (Class<?> type :
        List.of(
            Byte.class,
            Short.class,
            Integer.class,
            AtomicInteger.class,
            Long.class,
            AtomicLong.class,
            OptionalInt.class,
            OptionalLong.class,
            BigInteger.class,
            Double.class,
            OptionalDouble.class,
            Float.class,
            BigDecimal.class,
            Number.class,
            Boolean.class,
            AtomicBoolean.class,
            String.class,
            CharSequence.class,
            StringBuilder.class,
            ByteBuffer.class,
            Timestamp.class,
            Calendar.class,
            GregorianCalendar.class,
            TimeZone.class,
            Byte[].class,
            Character.class,
            UUID.class,
            URI.class,
            Locale.class,
            Currency.class,
            Instant.class,
            OffsetDateTime.class,
            ZonedDateTime.class,
            Date.class,
            Duration.class,
            LocalDate.class,
            LocalDateTime.class,
            LocalTime.class,
            OffsetTime.class,
            Year.class,
            YearMonth.class,
            MonthDay.class,
            Period.class,
            ZoneId.class,
            ZoneOffset.class,
            char[].class,
            byte[].class,
            int[].class,
            long[].class,
            double[].class,
            float[].class,
            boolean[].class,
            String[].class,
            Integer[].class,
            JsonNode.class,
            ObjectNode.class,
            ArrayNode.class,
            Object.class)) {
      all.put(type.getSimpleName(), List.of(types.constructType(type)));
    }
    List.of("byte", "short", "int", "long", "float", "double", "boolean", "char")
        .forEach(name -> all.put(name, List.of()));
    all.put("java.sql.Date", List.of(types.constructType(java.sql.Date.class)));
    all.put("java.sql.Time", List.of(types.constructType(java.sql.Time.class)));
    all.put("an enum", List.of(types.constructType(Color.class)));
    all.put("a record", List.of(types.constructType(Counted.class)));
    all.put("a type chosen by a member", List.of(types.constructType(Shape.class)));
    all.put("List<Integer>", List.of(types.constructCollectionType(List.class, Integer.class)));
    all.put("Set<Integer>", List.of(types.constructCollectionType(Set.class, Integer.class)));
    all.put("List<String>", List.of(types.constructCollectionType(List.class, String.class)));
    for (Class<?> key : List.of(Integer.class, Byte.class, Instant.class, Color.class)) {
      all.put(
          "Map<" + key.getSimpleName() + ",String>",
          List.of(types.constructMapType(Map.class, key, String.class)));
    }
    all.put(
        "Map<String,Integer>",
        List.of(types.constructMapType(Map.class, String.class, Integer.class)));
    all.put(
        "Optional<Integer>",
        List.of(types.constructReferenceType(Optional.class, types.constructType(Integer.class))));
    return all;
  }

  /** A cell's worth: one type, one text, and what comes back, null when it is refused. */
  record Case(String java, JavaType type, Place place, String json, String back) {
    @Override
    public String toString() {
      return java + " " + place + " " + json;
    }
  }

  static Stream<List<Case>> cells() throws IOException {
    Map<String, List<JavaType>> types = types();
    List<Case> cases = new ArrayList<>();
    Set<String> seen = new java.util.HashSet<>();
    for (String line : Files.readAllLines(Path.of("README.md"))) {
      String[] cells = line.split(" \\| ", -1);
      if (cells.length != 3 || !line.startsWith("| ") || !isInTable(cells[0])) {
        continue;
      }
      for (String name : names(cells[0])) {
        assertThat(types).as("a type that this test knows").containsKey(name);
        seen.add(name);
        for (JavaType type : types.get(name)) {
          for (Place place : Place.values()) {
            add(cases, name, type, place, cells[1], true);
            add(cases, name, type, place, cells[2], false);
          }
        }
      }
    }
    assertThat(seen).as("types of the table").isEqualTo(types.keySet());
    // One test for each type: thousands of tests would take longer than what they test.
    return cases.stream()
        .collect(Collectors.groupingBy(Case::java, LinkedHashMap::new, Collectors.toList()))
        .values()
        .stream();
  }

  private static boolean isInTable(String cell) {
    return (cell.startsWith("| `") && !cell.contains("DRAWBRIDGE")) || cell.startsWith("| a");
  }

  private static List<String> names(String cell) {
    String text = cell.substring(2);
    for (String words : List.of("an enum", "a record", "a type chosen by a member")) {
      if (text.startsWith(words)) {
        return List.of(words);
      }
    }
    List<String> names = new ArrayList<>();
    Matcher code = CODE.matcher(text);
    while (code.find()) {
      names.add(code.group(1));
    }
    return names;
  }

  private static void add(
      List<Case> cases, String name, JavaType type, Place place, String cell, boolean fits) {
    Matcher code = CODE.matcher(cell);
    while (code.find()) {
      String json = code.group(1);
      boolean isNull = json.equals("null");
      if (isNull && place == Place.OPTIONAL) {
        // Whose null it is, nobody can say.
        continue;
      }
      String back = code.group(3) == null ? json : code.group(3);
      cases.add(new Case(name, type, place, json, fits ? back : null));
    }
    boolean takesNull =
        takesNull(type) || (type.isJavaLangObject() && (place == Place.LIST || place == Place.MAP));
    if (!fits && !takesNull && place != Place.OPTIONAL) {
      cases.add(new Case(name, type, place, "null", null));
    }
  }

  private static boolean takesNull(JavaType type) {
    return (type.isReferenceType() && !type.getRawClass().getName().contains("Atomic"))
        || JsonNode.class == type.getRawClass();
  }

  @ParameterizedTest
  @MethodSource("cells")
  void rowIsTrue(List<Case> cells) throws IOException {
    for (Case cell : cells) {
      check(cell);
    }
  }

  private static void check(Case cell) throws IOException {
    JavaType holder = MAPPER.getTypeFactory().constructParametricType(cell.place.holder, cell.type);
    String json = String.format(cell.place.json, cell.json);

    String what = cell.toString();
    if (cell.back != null) {
      Object bound = MAPPER.readerFor(holder).readValue(json);
      assertThat(MAPPER.writerFor(holder).writeValueAsString(bound))
          .as(what)
          .isEqualTo(String.format(cell.place.json, cell.back));
    } else {
      Throwable thrown = thrownBy(holder, json);
      assertThat(thrown).as(what).isNotNull();
      assertThat(PayloadFaults.foreign(thrown)).as(what).isNull();
      List<Detail> details = PayloadFaults.of(MAPPER, holder, json);
      assertThat(details.get(0).path()).as(what).startsWith(cell.place.pointer);
      assertThat(details.get(0).expected()).as(what).isNotEqualTo("data that its record accepts");
    }
  }

  private static Throwable thrownBy(JavaType type, String json) {
    try {
      MAPPER.readerFor(type).readValue(json);
      return null;
    } catch (IOException | RuntimeException e) {
      return e;
    }
  }

  @Test
  void primitivesFollowTheirRows() throws IOException {
    Map<String, String> good =
        Map.of(
            "aByte",
            "1",
            "aShort",
            "1",
            "anInt",
            "1",
            "aLong",
            "1",
            "aFloat",
            "1.5",
            "aDouble",
            "1.5",
            "aBoolean",
            "true",
            "aChar",
            "\"x\"");
    JavaType type = MAPPER.constructType(Primitives.class);
    assertThat(thrownBy(type, object(good))).isNull();

    for (String line : Files.readAllLines(Path.of("README.md"))) {
      String[] cells = line.split(" \\| ", -1);
      if (cells.length == 3 && isInTable(cells[0])) {
        for (String name : names(cells[0])) {
          String member =
              good.keySet().stream()
                  .filter(one -> one.replaceFirst("an?", "").equalsIgnoreCase(name))
                  .findFirst()
                  .orElse(null);
          Matcher code = CODE.matcher(cells[2] + " `null`");
          while (member != null && code.find()) {
            Map<String, String> bad = new LinkedHashMap<>(good);
            bad.put(member, code.group(1));
            assertThat(thrownBy(type, object(bad))).as(name + " " + code.group(1)).isNotNull();
            assertThat(PayloadFaults.of(MAPPER, type, object(bad)).get(0).path())
                .isEqualTo("/data/" + member);
          }
        }
      }
    }
  }

  private static String object(Map<String, String> members) {
    StringBuilder json = new StringBuilder("{");
    members.forEach(
        (name, value) ->
            json.append(json.length() > 1 ? "," : "")
                .append('"')
                .append(name)
                .append("\":")
                .append(value));
    return json.append('}').toString();
  }

  @Test
  void hugeExponentCostsNothing() {
    JavaType type = MAPPER.constructType(Instant.class);
    long before = System.nanoTime();

    for (String json :
        List.of("1e1000000000", "1e-1000000000", "-1e2147483647", "1e999999999999")) {
      assertThat(thrownBy(type, json)).isNotNull();
    }

    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void fractionOfAMillisecondIsKept() throws IOException {
    Of<Instant> read =
        MAPPER
            .readerFor(MAPPER.getTypeFactory().constructParametricType(Of.class, Instant.class))
            .readValue("{\"value\":1766000000000.5}");

    assertThat(read.value()).isEqualTo(Instant.ofEpochMilli(1_766_000_000_000L).plusNanos(500_000));
  }
}
