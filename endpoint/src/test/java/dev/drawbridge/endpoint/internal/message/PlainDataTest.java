package dev.drawbridge.endpoint.internal.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIdentityInfo;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.ObjectIdGenerators;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.io.Serializable;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose code runs when data is read. */
class PlainDataTest {
  enum Colour {
    RED
  }

  record Flat(@NotBlank String to, @Size(max = 9) String text, int number, Instant at) {}

  record Deep(@Valid List<@Size(max = 3) Flat> all, Map<String, Colour> colours, JsonNode any) {}

  record Itself(List<Itself> inside) {}

  static class Bean {
    @JsonProperty("n")
    private String name;

    public String getName() {
      return name;
    }

    public void setName(@Size(max = 3) String name) {
      this.name = name;
    }
  }

  @Target({
    ElementType.FIELD,
    ElementType.METHOD,
    ElementType.PARAMETER,
    ElementType.TYPE,
    ElementType.TYPE_USE
  })
  @Retention(RetentionPolicy.RUNTIME)
  @Constraint(validatedBy = Asks.class)
  @interface Unique {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  static final class Asks implements ConstraintValidator<Unique, Object> {
    @Override
    public boolean isValid(Object value, ConstraintValidatorContext context) {
      return true;
    }
  }

  static final class Reads extends StdDeserializer<String> {
    private static final long serialVersionUID = 1L;

    Reads() {
      super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context) {
      return "";
    }
  }

  record Ruled(@Unique String name) {}

  @Unique
  record RuledAsAWhole(String name) {}

  record Elements(List<@Unique String> all) {}

  static class Cells {
    String @Unique [] all;
  }

  record Inside(List<Map<String, Ruled>> all) {}

  record Read(@JsonDeserialize(using = Reads.class) String name) {}

  static class RuledBean {
    @Unique
    public String getName() {
      return "";
    }
  }

  static class Heir extends RuledBean {}

  interface Shape {}

  record Holds(Shape shape) {}

  record Any<T>(T value) {}

  interface Named {
    @Unique
    String name();
  }

  interface NamedToo extends Named {}

  record Inherits(String name) implements Named {}

  record InheritsFromAbove(String name) implements NamedToo {}

  interface Tagged {
    List<@Unique String> tags();
  }

  record InheritsElements(List<String> tags) implements Tagged {}

  interface Harmless extends Serializable {
    @NotBlank
    String name();
  }

  record Implements(String name) implements Harmless {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes(@JsonSubTypes.Type(Chosen.Heir.class))
  static class Chosen {
    static final class Heir extends Chosen {
      @Unique String name;
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  interface Choice {}

  record InheritsChoice(String name) implements Choice {}

  record ChosenInside(@JsonTypeInfo(use = JsonTypeInfo.Id.CLASS) Object any) {}

  @JsonIdentityInfo(generator = ObjectIdGenerators.PropertyGenerator.class)
  record Identified(String id) {}

  record Made(String name) {
    @JsonCreator
    static Made of(String name) {
      return new Made(name);
    }
  }

  static class Sets {
    private String name;

    public void setNamed(Ruled ruled) {
      name = ruled.name();
    }

    public String getName() {
      return name;
    }
  }

  static class Takes {
    private final String name;

    @JsonCreator
    Takes(@JsonProperty("named") Ruled ruled) {
      name = ruled.name();
    }

    public String getName() {
      return name;
    }
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        Void.class,
        String.class,
        JsonNode.class,
        Object.class,
        int[].class,
        Flat.class,
        Deep.class,
        Itself.class,
        Bean.class,
        Colour.class,
        Implements.class
      })
  void standardRulesAndTypesAskNobody(Class<?> type) {
    assertThat(PlainData.are(Stream.of(type))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        Ruled.class,
        RuledAsAWhole.class,
        Inside.class,
        Elements.class,
        Cells.class,
        Read.class,
        RuledBean.class,
        Heir.class,
        Shape.class,
        Holds.class,
        Any.class,
        Inherits.class,
        InheritsFromAbove.class,
        InheritsElements.class,
        Chosen.class,
        InheritsChoice.class,
        ChosenInside.class,
        Identified.class,
        Made.class,
        Sets.class,
        Takes.class
      })
  void rulesAndReadersOfTheApplicationMayAsk(Class<?> type) {
    assertThat(PlainData.are(Stream.of(String.class, type))).isFalse();
  }
}
