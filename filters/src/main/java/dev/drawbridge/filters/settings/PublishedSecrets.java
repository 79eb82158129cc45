package dev.drawbridge.filters.settings;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells a secret from what stands in its place before somebody sets it, and from what everybody can
 * read: manuals, tutorials, word lists. Those are kept as hashes, so that no list of secrets ships
 * with this software. Stateless.
 */
public final class PublishedSecrets {

  /** Digits of SHA-256 in the list: enough that a random secret is not among them. */
  private static final int HASH_DIGITS = 12;

  private static final String LIST = "published-secrets.sha256";

  /** What a template, a shell or a secret store would have replaced. */
  private static final List<Pattern> REFERENCES =
      patterns(
          ".*\\$\\{[^}]*}.*",
          "\\$\\([^)]*\\).*",
          "\\$[A-Z_][A-Z0-9_]*",
          ".*\\{\\{.*}}.*",
          ".*\\{%.*%}.*",
          ".*<%.*%>.*",
          "<[^<>]*>",
          "\\[[^\\[\\]]*]",
          "\\{[^{}\"]*}",
          "%[A-Za-z_][A-Za-z0-9_]*%",
          "#\\{.*}#?",
          "@[A-Za-z_][A-Za-z0-9_.-]*@",
          "__[A-Za-z0-9_]+__",
          "(ENC|env|secret|file|vault|ssm|getenv)\\(.*\\)",
          "@Microsoft\\.KeyVault\\(.*",
          "arn:[a-z-]*:.*",
          "(op|vault|sm|gcp-secretmanager|secretsmanager|ssm|aws-secretsmanager|awssm|keyvault|azurekeyvault|doppler|bw|pass|ref\\+[a-z]+|berglas|config|env|secret|kms|akeyless|conjur|infisical)://.*",
          "(vault|ssm|secretsmanager|valueFrom|secretKeyRef|sops|ENV|env|file|sm|parameterStore|cfn-export):.*",
          "\\{\\{?(resolve|cipher|vault|aes|secret):?.*",
          "projects/[^/]+/secrets/.*",
          "https?://.*",
          "/(run|var|etc|mnt|opt|vault|home|secrets?|app|tmp)/\\S*",
          "\\.\\.?/\\S*",
          "[A-Za-z]:\\\\\\S*");

  /** What a person was meant to replace. Applied to words that are joined by {@code -}. */
  private static final List<Pattern> WISHES =
      patterns(
          "(please-)?(change|replace|insert|enter|put|paste|set|fill|add|provide|update|edit|generate)(-?(me|this|it|in|here|with|your|the|in-production|before|to|by|and|strong|real|secure)|-a)(-.*)?",
          "(your|my|this-is-(my|a|the))-(.*-)?(secret|key|token|password|passphrase|jwt|value|here)s?(-.*)?",
          ".*-(change|replace)-(me|this|it|in|before|for|with)(-.*)?",
          ".*(changeme|changeit|changethis|replaceme|replacethis|change-in-production|placeholder).*",
          "(todo|fixme|insecure|unsafe|xxxx+)(-.*)?",
          // Three letters are soon in a random secret, words alone are not.
          "tbd(-[a-z]+)*",
          "(tba|none|null|nil|undefined|empty|example|sample|dummy|default|test|redacted|masked|hidden|not-?set|unset|missing)",
          "(.*-)?(secret|key|token|password)-(goes-)?here(-.*)?",
          "[x*._0#-]+");

  /** Lazily, for production alone. */
  private static final class Published {
    static final Set<String> HASHES = read();
  }

  private PublishedSecrets() {}

  /**
   * Why a text is no secret, as the end of a sentence that begins with its name; it holds nothing
   * of the text. Null if nothing is known against it.
   */
  public static @Nullable String flaw(byte[] secret) {
    String text = new String(secret, StandardCharsets.UTF_8).strip();
    if (isPlaceholder(text)) {
      return "is a placeholder: what should have replaced it did not";
    }
    return isPublished(secret, text)
        ? "is published in manuals or word lists, so that everybody knows it"
        : null;
  }

  private static boolean isPlaceholder(String text) {
    if (text.chars().anyMatch(c -> c < ' ' || (c >= 0x7F && c < 0xA0) || c == 0xFFFD)) {
      // Bytes, not a text that somebody has written.
      return false;
    }
    String quoted =
        text.length() > 1
                && "\"'`".indexOf(text.charAt(0)) >= 0
                && text.endsWith(text.substring(0, 1))
            ? text.substring(1, text.length() - 1).strip()
            : text;
    String words =
        quoted
            .replaceAll("([a-z])([A-Z])", "$1-$2")
            .toLowerCase(Locale.ROOT)
            .replaceAll("[\\s_.,:;!?=+/-]+", "-")
            .replaceAll("^-+(?=[^-])|(?<=[^-])-+$", "");
    return REFERENCES.stream().anyMatch(each -> each.matcher(quoted).matches())
        || WISHES.stream().anyMatch(each -> each.matcher(words).matches());
  }

  private static boolean isPublished(byte[] secret, String text) {
    return isListed(secret)
        || isListed(text.getBytes(StandardCharsets.UTF_8))
        || isListed(Base64.getEncoder().encode(secret))
        || isListed(Base64.getUrlEncoder().withoutPadding().encode(secret))
        || isListed(HexFormat.of().formatHex(secret).getBytes(StandardCharsets.US_ASCII));
  }

  private static boolean isListed(byte[] bytes) {
    return Published.HASHES.contains(hash(bytes));
  }

  /** How the list writes a secret. */
  static String hash(byte[] bytes) {
    try {
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(sha256).substring(0, HASH_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static Set<String> read() {
    try (InputStream in = PublishedSecrets.class.getResourceAsStream(LIST)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no " + LIST);
      }
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))
          .lines()
          .filter(line -> !line.startsWith("#"))
          .collect(Collectors.toCollection(HashSet::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Pattern> patterns(String... texts) {
    return Stream.of(texts).map(text -> Pattern.compile(text, Pattern.DOTALL)).toList();
  }
}
