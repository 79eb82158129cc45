package dev.drawbridge.endpoint.internal.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import dev.drawbridge.endpoint.ErrorCode;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import jakarta.validation.Valid;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.DateTimeException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the application's own classes throw while they take the data, and what rules call it. */
class ForeignCodeTest {
  record SizeOfNumber(@Size(min = 1) Integer count) {}

  @Retention(RetentionPolicy.RUNTIME)
  @Constraint(validatedBy = Throwing.class)
  @interface Rule {
    String message() default "";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** Throws what its value names. */
  public static final class Throwing implements ConstraintValidator<Rule, String> {
    @Override
    public boolean isValid(String value, ConstraintValidatorContext context) {
      raise(value);
      return true;
    }
  }

  record ThrowingRule(@Rule String what) {}

  record ThrowingConstructor(String what) {
    ThrowingConstructor {
      raise(what);
    }
  }

  record Nested(List<ThrowingConstructor> items) {}

  /** A class with a setter. */
  public static final class ThrowingSetter {
    public void setWhat(String what) {
      raise(what);
    }
  }

  /** A class with a creator. */
  public static final class ThrowingCreator {
    @JsonCreator
    static ThrowingCreator of(@JsonProperty("what") String what) {
      raise(what);
      return new ThrowingCreator();
    }
  }

  /** Throws what it reads. */
  public static final class ThrowingDeserializer extends StdDeserializer<Object> {
    private static final long serialVersionUID = 1L;

    ThrowingDeserializer() {
      super(Object.class);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws java.io.IOException {
      String what = parser.getText();
      raise(what);
      return what;
    }
  }

  record Deserialized(@JsonDeserialize(using = ThrowingDeserializer.class) Object what) {}

  record ThrowingGetter(String what) {
    @AssertTrue
    public boolean isGood() {
      raise(what);
      return true;
    }
  }

  /** A class that text or a number could make. */
  public static final class Made {
    private final String text;

    public Made() {
      this("");
    }

    public Made(String text) {
      this.text = text;
    }

    public Made(int number) {
      this(String.valueOf(number));
    }

    public String getText() {
      return text;
    }
  }

  record Valued(int count) {
    static Valued valueOf(String text) {
      return new Valued(text.length());
    }

    static Valued fromString(String text) {
      return valueOf(text);
    }
  }

  record Makes(@Nullable Made made, @Nullable Valued valued) {}

  interface Unknown {}

  record Abstract(Unknown what) {}

  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  record Line(@NotBlank String firstName, @JsonProperty("how-many") @Max(10) int count) {}

  record Named(
      @JsonProperty("the lines") List<@Valid Line> lines,
      @JsonProperty("by/key") Map<String, @Valid Line> byKey,
      Optional<@Valid Line> best,
      @JsonAlias("label") @Size(max = 3) String name) {}

  private static void raise(String what) {
    switch (what) {
      case "argument" -> throw new IllegalArgumentException("secret");
      case "date" -> throw new DateTimeException("secret");
      case "state" -> throw new IllegalStateException("secret");
      case "null" -> throw new NullPointerException("secret");
      case "stack" -> throw new StackOverflowError();
      case "link" -> throw new NoClassDefFoundError("secret");
      case "assert" -> throw new AssertionError("secret");
      default -> {
        // Good.
      }
    }
  }

  private final MessageCodec codec =
      MessageCodec.builder()
          .type("size", SizeOfNumber.class)
          .type("rule", ThrowingRule.class)
          .type("constructor", ThrowingConstructor.class)
          .type("nested", Nested.class)
          .type("setter", ThrowingSetter.class)
          .type("creator", ThrowingCreator.class)
          .type("deserializer", Deserialized.class)
          .type("getter", ThrowingGetter.class)
          .type("abstract", Abstract.class)
          .type("named", Named.class)
          .type("any", JsonNode.class)
          .type("makes", Makes.class)
          .build();

  private Message read(String type, String data) {
    return codec.read("{\"type\":\"" + type + "\",\"id\":\"i\",\"data\":" + data + "}");
  }

  @Test
  void ruleThatDoesNotFitItsTypeIsAFailure() {
    Message message = read("size", "{\"count\":1}");

    assertThat(message.id()).isEqualTo("i");
    assertThat(message.failure()).isNotNull();
    assertThat(message.payloadFault()).isNull();
  }

  @ParameterizedTest
  @CsvSource({"rule", "constructor", "setter", "creator", "deserializer", "getter"})
  void whatIsThrownIsAFailureUnlessItIsARefusal(String type) {
    for (String what : List.of("state", "null", "stack", "link", "assert")) {
      Message message = read(type, "{\"what\":\"" + what + "\"}");
      assertThat(message.failure()).as(type + " " + what).isNotNull();
      assertThat(message.data()).isNull();
      assertThat(message.fault()).isNull();
      assertThat(message.id()).isEqualTo("i");
    }
    assertThat(read(type, "{\"what\":\"good\"}").data()).as(type).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({"constructor", "setter", "creator", "deserializer"})
  void argumentThatIsRefusedIsInvalidData(String type) {
    for (String what : List.of("argument", "date")) {
      Message message = read(type, "{\"what\":\"" + what + "\"}");
      assertThat(message.failure()).as(type + " " + what).isNull();
      assertThat(message.payloadFault().code()).isEqualTo(ErrorCode.MESSAGE_DATA_INVALID);
      assertThat(message.payloadFault().toString()).doesNotContain("secret");
    }
  }

  @Test
  void refusalOfAnInnerRecordNamesIt() {
    Message message = read("nested", "{\"items\":[{\"what\":\"good\"},{\"what\":\"argument\"}]}");

    assertThat(message.payloadFault().details())
        .containsExactly(new Detail("/data/items/1", "data that its record accepts", "object"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "/data/made|{\"made\":\"x\"}",
        "/data/made|{\"made\":5}",
        "/data/made|{\"made\":\"\"}",
        "/data/valued|{\"valued\":\"x\"}",
        "/data/valued|{\"valued\":5}",
        "/data/valued|{\"valued\":\"\"}",
        "/data/valued|{\"valued\":true}",
        "/data/valued|{\"valued\":1.5}",
      })
  void noClassIsMadeOfATextOrANumberUnlessItSaysSo(String path, String data) {
    Message message = read("makes", data);

    assertThat(message.failure()).isNull();
    assertThat(message.payloadFault()).as(message.toString()).isNotNull();
    assertThat(message.payloadFault().details()).extracting(Detail::path).containsExactly(path);
  }

  @Test
  void classThatNobodyCanMakeIsAFailure() {
    assertThat(read("abstract", "{\"what\":{}}").failure()).isNotNull();
  }

  @Test
  void brokenRulesNameMembersAsTheyAreOnTheWire() {
    Message message =
        read(
            "named",
            "{\"the lines\":[{\"first_name\":\"a\",\"how-many\":11}],"
                + "\"by/key\":{\"a/b~c\":{\"first_name\":\" \",\"how-many\":1}},"
                + "\"best\":{\"first_name\":\"\",\"how-many\":99},\"label\":\"long\"}");

    assertThat(message.payloadFault().details())
        .extracting(Detail::path)
        .containsExactlyInAnyOrder(
            "/data/the lines/0/how-many",
            "/data/by~1key/a~1b~0c/first_name",
            "/data/best/first_name",
            "/data/best/how-many",
            "/data/label");
    assertThat(message.payloadFault().details())
        .filteredOn(detail -> detail.path().endsWith("how-many"))
        .extracting(Detail::actual)
        .containsOnly("number");
  }

  @Test
  void bindingErrorsKnowAliasesToo() {
    Message message = read("named", "{\"the lines\":[],\"by/key\":{},\"label\":5,\"more\":1}");

    assertThat(message.payloadFault().details())
        .containsExactly(
            new Detail("/data/label", "string", "number"),
            new Detail("/data/more", "no such member", "number"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"type\":\"any\",\"data\":\"\\ud83d\"}",
        "{\"type\":\"any\",\"data\":\"\\uDE00 \"}",
        "{\"type\":\"any\",\"data\":{\"\\ud83dx\":1}}",
        "{\"type\":\"any\",\"data\":[\"\\ude00\\ud83d\"]}",
        "{\"type\":\"any\",\"other\":\"\\ud83d\"}",
        "{\"type\":\"named\",\"data\":{\"label\":\"\\ud83d\"}}",
        "{\"type\":\"any\",\"data\":\"\\\\\\ud83d\"}",
      })
  void halfOfASurrogatePairIsNoJson(String text) {
    assertThat(codec.read(text).fault().code()).isEqualTo(ErrorCode.MESSAGE_NOT_JSON);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {"\\ud83d\\ude00", "\\\\ud83d", "\\u00e9", "\\uD83D\\uDE00\\ud83d\\ude00"})
  void otherEscapesAreGood(String text) {
    assertThat(codec.read("{\"type\":\"any\",\"data\":\"" + text + "\"}").data()).isNotNull();
  }
}
