package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.sql.Time;
import java.time.ZoneId;
import java.util.Base64;
import java.util.IllformedLocaleException;
import java.util.Locale;
import java.util.TimeZone;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** JSON strings and booleans as Java values. */
final class Words {
  private static final Pattern UUID_FORM =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private Words() {}

  /** Reads a text; throws any exception or gives null for one that does not fit. */
  interface Reading<T> {
    @Nullable T read(String text) throws Exception;
  }

  /** A string of some form. */
  static final class Text<T> extends StrictValue<T> {
    private static final long serialVersionUID = 1L;

    private final transient Reading<T> reading;

    Text(Class<T> type, String expected, Reading<T> reading) {
      super(type, expected, null);
      this.reading = reading;
    }

    @Override
    @SuppressWarnings("PMD") // Any exception of a parser means the same.
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      if (!parser.hasToken(JsonToken.VALUE_STRING)) {
        throw unfit(parser);
      }
      T value;
      try {
        value = reading.read(parser.getText());
      } catch (IOException e) {
        throw e;
      } catch (Exception e) {
        throw unfit(parser);
      }
      if (value == null) {
        throw unfit(parser);
      }
      return value;
    }
  }

  /** True or false. */
  static final class Truth<T> extends StrictValue<T> {
    private static final long serialVersionUID = 1L;

    private final transient java.util.function.Function<Boolean, T> of;

    Truth(Class<T> type, java.util.function.Function<Boolean, T> of) {
      super(type, "boolean", null);
      this.of = of;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      if (parser.hasToken(JsonToken.VALUE_TRUE)) {
        return of.apply(true);
      } else if (parser.hasToken(JsonToken.VALUE_FALSE)) {
        return of.apply(false);
      }
      throw unfit(parser);
    }
  }

  static @Nullable Character character(String text) {
    return text.length() == 1 && !Character.isSurrogate(text.charAt(0)) ? text.charAt(0) : null;
  }

  static @Nullable UUID uuid(String text) {
    return UUID_FORM.matcher(text).matches() ? UUID.fromString(text) : null;
  }

  static @Nullable URI uri(String text) throws URISyntaxException {
    return text.isEmpty() ? null : new URI(text);
  }

  /** Standard alphabet with padding, one text for each value (RFC 4648 section 3.5). */
  static byte @Nullable [] base64(String text) {
    byte[] bytes = Base64.getDecoder().decode(text);
    return Base64.getEncoder().encodeToString(bytes).equals(text) ? bytes : null;
  }

  /** One of the zones that are known, and not Greenwich in the place of any other text. */
  static @Nullable TimeZone timeZone(String text) {
    TimeZone zone = TimeZone.getTimeZone(ZoneId.of(text));
    return zone.getID().equals(text) ? zone : null;
  }

  static @Nullable Time time(String text) {
    Time time = Time.valueOf(text);
    return time.toString().equals(text) ? time : null;
  }

  static @Nullable ByteBuffer buffer(String text) {
    byte[] bytes = base64(text);
    return bytes == null ? null : ByteBuffer.wrap(bytes);
  }

  /** A language tag (BCP 47), with a hyphen. */
  static @Nullable Locale locale(String text) throws IllformedLocaleException {
    return text.isEmpty() ? null : new Locale.Builder().setLanguageTag(text).build();
  }
}
