package dev.drawbridge.filters.jwt.jose;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The payload of a verified token as plain Java values, read when somebody first asks for one: most
 * applications never do. Immutable and thread-safe.
 *
 * <p>Values are {@link String}, {@link Long} or {@link BigInteger}, {@link Double} or {@link
 * java.math.BigDecimal}, {@link Boolean}, null, and unmodifiable {@link List} and {@link Map} of
 * them. {@link #toString()} shows none.
 */
public final class TokenClaims extends AbstractMap<String, @Nullable Object> {

  /** The payload in base64url; without signature, so it is of no use as a token. */
  private final String payload;

  /** Null until somebody asks; read twice at worst. */
  private volatile @Nullable Map<String, @Nullable Object> read;

  private TokenClaims(String payload, @Nullable Map<String, @Nullable Object> read) {
    this.payload = payload;
    this.read = read;
  }

  /** The same claims, immutable and with nothing to see in {@code toString}. */
  public static Map<String, @Nullable Object> of(Map<String, @Nullable Object> claims) {
    return claims instanceof TokenClaims
        ? claims
        : new TokenClaims("", Collections.unmodifiableMap(new LinkedHashMap<>(claims)));
  }

  /**
   * The claims of a token that was found good.
   *
   * @param payload in base64url, a JSON object
   */
  public static TokenClaims of(String payload) {
    return new TokenClaims(payload, null);
  }

  @Override
  public Set<Map.Entry<String, @Nullable Object>> entrySet() {
    return all().entrySet();
  }

  @Override
  public @Nullable Object get(@Nullable Object name) {
    return all().get(name);
  }

  @Override
  public boolean containsKey(@Nullable Object name) {
    return all().containsKey(name);
  }

  private Map<String, @Nullable Object> all() {
    Map<String, @Nullable Object> present = read;
    if (present == null) {
      ObjectNode claims = StrictJson.object(Base64Url.decode(payload, 0, payload.length()));
      present = claims == null ? Map.of() : members(claims);
      read = present;
    }
    return present;
  }

  private static Map<String, @Nullable Object> members(JsonNode object) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    object.properties().forEach(each -> members.put(each.getKey(), plain(each.getValue())));
    return Collections.unmodifiableMap(members);
  }

  private static @Nullable Object plain(JsonNode value) {
    if (value.isTextual()) {
      return value.textValue();
    }
    if (value.isIntegralNumber()) {
      return value.canConvertToLong() ? (Object) value.longValue() : value.bigIntegerValue();
    }
    if (value.isNumber()) {
      return value.numberValue();
    }
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isObject()) {
      return members(value);
    }
    if (value.isArray()) {
      List<@Nullable Object> elements = new ArrayList<>();
      value.forEach(element -> elements.add(plain(element)));
      return Collections.unmodifiableList(elements);
    }
    return null;
  }

  /** Without names and values: what an issuer writes is nobody's log's business. */
  @Override
  public String toString() {
    return "TokenClaims[hidden]";
  }
}
