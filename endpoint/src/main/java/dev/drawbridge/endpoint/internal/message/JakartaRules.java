package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.databind.json.JsonMapper;
import jakarta.validation.Configuration;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.MessageInterpolator;
import jakarta.validation.NoProviderFoundException;
import jakarta.validation.Validation;
import jakarta.validation.ValidationException;
import jakarta.validation.Validator;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Jakarta Validation, asked in English whatever the server speaks. */
final class JakartaRules implements PayloadRules {
  private static final Logger log = LoggerFactory.getLogger(JakartaRules.class);
  private static final String WITHOUT_EXPRESSIONS =
      "org.hibernate.validator.messageinterpolation.ParameterMessageInterpolator";

  private final Validator validator;

  private JakartaRules(Validator validator) {
    this.validator = validator;
  }

  /**
   * Starts the provider of the class path.
   *
   * @throws IllegalStateException if there is one that does not start: rules that are silently
   *     skipped would be worse
   */
  @SuppressWarnings("MustBeClosedChecker") // The validator lives as long as its factory.
  static PayloadRules find() {
    try {
      Configuration<?> configuration = Validation.byDefaultProvider().configure();
      return new JakartaRules(
          configuration
              .messageInterpolator(new English(interpolator(configuration)))
              .buildValidatorFactory()
              .getValidator());
    } catch (NoProviderFoundException e) {
      return NONE;
    } catch (ValidationException e) {
      throw new IllegalStateException(
          "a Jakarta Validation provider is on the class path but does not start;"
              + " add what it misses (often an implementation of jakarta.el) or remove it",
          e);
    }
  }

  /** The provider's own; Hibernate's simpler one where there is no expression language. */
  private static MessageInterpolator interpolator(Configuration<?> configuration) {
    try {
      return configuration.getDefaultMessageInterpolator();
    } catch (ValidationException | LinkageError e) {
      try {
        MessageInterpolator simple =
            Class.forName(WITHOUT_EXPRESSIONS, true, configuration.getClass().getClassLoader())
                .asSubclass(MessageInterpolator.class)
                .getConstructor()
                .newInstance();
        log.info(
            "no implementation of jakarta.el: messages of constraints that hold expressions"
                + " (${...}) are sent without them");
        return simple;
      } catch (ReflectiveOperationException | LinkageError other) {
        e.addSuppressed(other);
        throw e;
      }
    }
  }

  @Override
  public boolean allow(Object data) {
    return !validator.getConstraintsForClass(data.getClass()).isBeanConstrained()
        || validator.validate(data).isEmpty();
  }

  @Override
  public List<Detail> check(Object data, JsonMapper mapper, JsonText json) {
    List<Detail> details = new ArrayList<>();
    for (ConstraintViolation<Object> violation : validator.validate(data)) {
      if (details.size() < PayloadFaults.MAX_DETAILS) {
        WirePath path = WirePath.of(mapper, data, json, violation.getPropertyPath());
        details.add(
            new Detail(
                PayloadFaults.cut(path.pointer()),
                // It may quote what the client has sent.
                PayloadFaults.cut(violation.getMessage()),
                kind(violation.getInvalidValue(), path.json())));
      }
    }
    details.sort(Comparator.comparing(Detail::path).thenComparing(Detail::expected));
    return details;
  }

  /** The kind and size of a value, never the value. */
  private static String kind(@Nullable Object value, @Nullable JsonText json) {
    if (value == null) {
      return JsonKind.NULL.word();
    } else if (value instanceof CharSequence text) {
      return "string of " + text.length() + " characters";
    } else if (value instanceof Collection<?> items) {
      return "array of " + items.size();
    } else if (value instanceof Map<?, ?> members) {
      return "object of " + members.size();
    }
    return (json == null ? JsonKind.OBJECT : json.kind()).word();
  }

  private record English(MessageInterpolator standard) implements MessageInterpolator {
    @Override
    public String interpolate(String template, Context context) {
      return standard.interpolate(template, context, Locale.ENGLISH);
    }

    @Override
    public String interpolate(String template, Context context, Locale locale) {
      return standard.interpolate(template, context, Locale.ENGLISH);
    }
  }
}
