package dev.drawbridge.filters.jwt.issuer;

import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What somebody has written about one issuer, in settings or in the issuers file; not checked yet
 * beyond its types. Immutable.
 *
 * @param issuer an exact {@code iss} or a template
 * @param where how messages name the place of a member, such as {@code issuers[1].} of the file;
 *     empty for the settings
 * @param values texts and lists of texts by member
 */
public record IssuerSettings(String issuer, String where, Map<Member, List<String>> values) {

  /** What can be said of an issuer; the settings of the same name are its defaults. */
  public enum Member {
    ISSUER("issuer", Setting.JWT_ISSUER),
    AUDIENCE("audience", Setting.JWT_AUDIENCE),
    AUDIENCE_CLAIM("audienceClaim", Setting.JWT_AUDIENCE_CLAIM),
    TOKEN_USE("tokenUse", Setting.JWT_TOKEN_USE),
    SUBJECT_CLAIM("subjectClaim", Setting.JWT_SUBJECT_CLAIM),
    SUBJECT_PREFIX("subjectPrefix", null),
    ROLES_CLAIM("rolesClaim", Setting.JWT_ROLES_CLAIM),
    ALGORITHMS("algorithms", Setting.JWT_ALGORITHMS),
    TENANTS("tenants", Setting.JWT_TENANTS),
    JWKS_URL("jwksUrl", Setting.JWT_JWKS_URL),
    JWKS_FILE("jwksFile", Setting.JWT_JWKS_FILE),
    PUBLIC_KEY("publicKey", Setting.JWT_PUBLIC_KEY),
    SECRET_FILE("secretFile", Setting.JWT_SECRET_FILE),
    SIGNS("signs", null);

    private final String word;
    private final @Nullable Setting setting;

    Member(String word, @Nullable Setting setting) {
      this.word = word;
      this.setting = setting;
    }

    /** Its name in the file. */
    public String word() {
      return word;
    }

    /** True where several values make sense. */
    public boolean isList() {
      return this == AUDIENCE || this == ROLES_CLAIM || this == ALGORITHMS || this == TENANTS;
    }

    /** True where the value is a flag, read as {@code true} or {@code false}. */
    public boolean isFlag() {
      return this == SIGNS;
    }

    /** True for the places of keys. */
    public boolean isKeys() {
      return this == JWKS_URL || this == JWKS_FILE || this == PUBLIC_KEY || this == SECRET_FILE;
    }

    /** The member of a setting that says where keys are. */
    public static Member of(Setting setting) {
      return Stream.of(values()).filter(each -> each.setting == setting).findFirst().orElseThrow();
    }

    public static @Nullable Member named(String word) {
      return Stream.of(values()).filter(each -> each.word.equals(word)).findFirst().orElse(null);
    }
  }

  /** Copies the values. */
  public IssuerSettings {
    values = Map.copyOf(values);
  }

  /** What the settings say, of one of the issuers that they list. */
  public static IssuerSettings of(String issuer, Settings settings) {
    return new IssuerSettings(issuer, "", Map.of()).orElse(settings);
  }

  /** The same with the settings' values for what is not said; keys have no default. */
  public IssuerSettings orElse(Settings settings) {
    Map<Member, List<String>> all = new LinkedHashMap<>(values);
    for (Member member : Member.values()) {
      Setting setting = member.setting;
      if (setting != null && !member.isKeys() && member != Member.ISSUER) {
        List<String> defaults =
            member.isList()
                ? settings.list(setting)
                : Stream.ofNullable(settings.string(setting)).toList();
        if (!defaults.isEmpty() && (member != Member.TENANTS || where.isEmpty())) {
          all.putIfAbsent(member, defaults);
        }
      }
    }
    return new IssuerSettings(issuer, where, all);
  }

  /** The values of a member, empty when it has none. */
  public List<String> list(Member member) {
    return values.getOrDefault(member, List.of());
  }

  /** The only value of a member, null when it has none. */
  public @Nullable String text(Member member) {
    List<String> all = list(member);
    return all.isEmpty() ? null : all.get(0);
  }

  /** A member's name in messages. */
  public String name(Member member) {
    return where.isEmpty() && member.setting != null
        ? member.setting.variable()
        : Objects.requireNonNullElse(where, "") + member.word;
  }
}
