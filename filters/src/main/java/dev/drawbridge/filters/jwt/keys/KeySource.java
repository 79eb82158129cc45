package dev.drawbridge.filters.jwt.keys;

import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.Key;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The one place where keys come from, and the algorithms that go with it. Immutable.
 *
 * @param algorithms with which tokens may be signed
 * @param madeForThisStart true for the random secret of dev mode: no other server knows it
 * @param opener starts to watch the place
 */
public record KeySource(AllowedAlgorithms algorithms, boolean madeForThisStart, Opener opener) {

  /** Starts to watch the place where the keys are; a file is looked at by the second clock. */
  @FunctionalInterface
  public interface Opener {
    SigningKeys open(Clock clock, LongSupplier nanoTime) throws UnusableKeysException;
  }

  private static final List<Setting> SOURCES =
      List.of(
          Setting.JWT_SECRET,
          Setting.JWT_SECRET_FILE,
          Setting.JWT_PUBLIC_KEY,
          Setting.JWT_JWKS_FILE,
          Setting.JWT_JWKS_URL);

  private static final int RANDOM_SECRET_BYTES = 32;

  /**
   * Reads the settings of the keys, and the keys too where they are in a file.
   *
   * @param problems gets one sentence for each thing that is wrong
   * @return null if there was a problem
   */
  public static @Nullable KeySource of(Settings settings, List<String> problems) {
    List<Setting> set = SOURCES.stream().filter(s -> settings.string(s) != null).toList();
    int before = problems.size();
    Set<SignatureAlgorithm> configured = algorithms(settings, problems);
    // Wrong ones are told already; the key is looked at all the same.
    Set<SignatureAlgorithm> algorithms = problems.size() > before ? Set.of() : configured;
    if (set.size() > 1) {
      problems.add(names(set) + " are set; keep exactly one source of keys");
    }
    if (settings.string(Setting.JWT_SECRET_PREVIOUS) != null
        && settings.string(Setting.JWT_SECRET) == null
        && settings.string(Setting.JWT_SECRET_FILE) == null) {
      problems.add(
          "DRAWBRIDGE_JWT_SECRET_PREVIOUS is set, but neither DRAWBRIDGE_JWT_SECRET nor"
              + " DRAWBRIDGE_JWT_SECRET_FILE; remove it or set the present secret");
    }
    if (set.isEmpty() && !settings.isDevelopment()) {
      problems.add(
          "one of "
              + names(SOURCES)
              + " is required in production, for example DRAWBRIDGE_JWT_SECRET from"
              + " `openssl rand -base64 48`");
    }
    if (set.size() > 1 || (set.isEmpty() && !settings.isDevelopment())) {
      return null;
    }
    Setting source = set.isEmpty() ? Setting.JWT_SECRET : set.get(0);
    try {
      KeySource keys =
          switch (source) {
            case JWT_SECRET -> ofSecret(settings, algorithms);
            case JWT_SECRET_FILE -> ofSecretFile(settings, algorithms);
            case JWT_PUBLIC_KEY ->
                ofFile(
                    settings,
                    source,
                    algorithms,
                    KeySource::usual,
                    bytes -> KeyReader.pem(text(bytes)));
            case JWT_JWKS_FILE ->
                ofFile(
                    settings,
                    source,
                    algorithms,
                    first -> AllowedAlgorithms.ofKeys(false),
                    KeyReader::jwks);
            default -> ofUrl(settings, algorithms);
          };
      return problems.size() > before ? null : keys;
    } catch (UnusableKeysException e) {
      problems.add(source.variable() + " is not usable: " + e.getMessage());
      return null;
    }
  }

  private static Set<SignatureAlgorithm> algorithms(Settings settings, List<String> problems) {
    Set<SignatureAlgorithm> algorithms = EnumSet.noneOf(SignatureAlgorithm.class);
    for (String name : settings.list(Setting.JWT_ALGORITHMS)) {
      SignatureAlgorithm algorithm = SignatureAlgorithm.named(name);
      if (algorithm == null) {
        problems.add(
            "DRAWBRIDGE_JWT_ALGORITHMS must hold only names of "
                + List.of(SignatureAlgorithm.values())
                + ": "
                + Refusals.shown(name));
      } else {
        algorithms.add(algorithm);
      }
    }
    if (families(algorithms).size() > 1) {
      problems.add(
          "DRAWBRIDGE_JWT_ALGORITHMS must be of one family (HS…, RS…/PS…, ES… or EdDSA): "
              + algorithms);
    }
    return algorithms;
  }

  private static KeySource ofSecret(Settings settings, Set<SignatureAlgorithm> algorithms)
      throws UnusableKeysException {
    String secret = settings.string(Setting.JWT_SECRET);
    Key previous = previous(settings);
    Key current;
    if (secret == null) {
      byte[] random = new byte[RANDOM_SECRET_BYTES];
      new SecureRandom().nextBytes(random);
      current = new SecretKeySpec(random, "HMAC");
    } else {
      current = checkedSecret(secret, settings);
    }
    KeySet keys = KeySet.unnamed(previous == null ? List.of(current) : List.of(current, previous));
    return new KeySource(
        chosen(algorithms, AllowedAlgorithms.ofKeys(true), keys),
        secret == null,
        (clock, nanoTime) -> SigningKeys.fixed(keys));
  }

  private static KeySource ofSecretFile(Settings settings, Set<SignatureAlgorithm> algorithms)
      throws UnusableKeysException {
    Key previous = previous(settings);
    return ofFile(
        settings,
        Setting.JWT_SECRET_FILE,
        algorithms,
        first -> AllowedAlgorithms.ofKeys(true),
        bytes -> {
          Key current = checkedSecret(text(bytes).strip(), settings);
          return KeySet.unnamed(previous == null ? List.of(current) : List.of(current, previous));
        });
  }

  private static @Nullable Key previous(Settings settings) throws UnusableKeysException {
    String previous = settings.string(Setting.JWT_SECRET_PREVIOUS);
    try {
      return previous == null ? null : checkedSecret(previous, settings);
    } catch (UnusableKeysException e) {
      throw new UnusableKeysException("DRAWBRIDGE_JWT_SECRET_PREVIOUS: " + e.getMessage());
    }
  }

  private static Key checkedSecret(String text, Settings settings) throws UnusableKeysException {
    byte[] bytes = KeyReader.secretBytes(text);
    String weakness = SecretStrength.weakness(bytes, settings.isDevelopment());
    if (weakness != null) {
      throw new UnusableKeysException(weakness);
    }
    return new SecretKeySpec(bytes, "HMAC");
  }

  private static KeySource ofFile(
      Settings settings,
      Setting setting,
      Set<SignatureAlgorithm> algorithms,
      Function<KeySet, AllowedAlgorithms> unlessConfigured,
      FileKeys.Reader reader)
      throws UnusableKeysException {
    Path file;
    KeySet first;
    try {
      file = Path.of(String.valueOf(settings.string(setting)));
      first = reader.read(Files.readAllBytes(file));
    } catch (InvalidPathException | IOException e) {
      throw new UnusableKeysException(
          "the file cannot be read ("
              + e.getClass().getSimpleName()
              + "): "
              + settings.shown(setting));
    }
    AllowedAlgorithms chosen = chosen(algorithms, unlessConfigured.apply(first), first);
    FileKeys.Reader checked =
        bytes -> {
          KeySet keys = reader.read(bytes);
          check(chosen, keys);
          return keys;
        };
    return new KeySource(
        chosen,
        false,
        (clock, nanoTime) -> new FileKeys(file, checked, FileKeys.POLL_INTERVAL, nanoTime));
  }

  private static KeySource ofUrl(Settings settings, Set<SignatureAlgorithm> algorithms)
      throws UnusableKeysException {
    URI url;
    try {
      url = new URI(String.valueOf(settings.string(Setting.JWT_JWKS_URL)));
    } catch (URISyntaxException e) {
      throw new UnusableKeysException("it must be a URL");
    }
    boolean http = "http".equalsIgnoreCase(url.getScheme());
    if ((!http && !"https".equalsIgnoreCase(url.getScheme())) || url.getHost() == null) {
      throw new UnusableKeysException("it must be a URL that starts with https:// and a host");
    }
    if (http && !settings.isDevelopment()) {
      throw new UnusableKeysException("it must start with https:// in production");
    }
    if (url.getUserInfo() != null || url.getFragment() != null) {
      throw new UnusableKeysException("it must hold neither a user name nor a fragment");
    }
    if (families(algorithms).contains(SignatureAlgorithm.Family.HMAC)) {
      throw new UnusableKeysException(
          "a key set serves public keys only; DRAWBRIDGE_JWT_ALGORITHMS must not be HS…");
    }
    AllowedAlgorithms chosen =
        algorithms.isEmpty()
            ? AllowedAlgorithms.ofKeys(false)
            : AllowedAlgorithms.exactly(algorithms);
    return new KeySource(
        chosen,
        false,
        (clock, nanoTime) -> new JwksUrlKeys(url, chosen.all(), JwksUrlKeys.Times.DEFAULT, clock));
  }

  /** The one that is usual with the key of a file that holds one. */
  private static AllowedAlgorithms usual(KeySet keys) {
    SignatureAlgorithm usual = SignatureAlgorithm.usual(keys.entries().get(0).key());
    return AllowedAlgorithms.exactly(
        Set.of(Objects.requireNonNull(usual, "the reader refuses keys that fit no algorithm")));
  }

  private static AllowedAlgorithms chosen(
      Set<SignatureAlgorithm> configured, AllowedAlgorithms unlessConfigured, KeySet keys)
      throws UnusableKeysException {
    AllowedAlgorithms chosen =
        configured.isEmpty() ? unlessConfigured : AllowedAlgorithms.exactly(configured);
    check(chosen, keys);
    return chosen;
  }

  /** Each algorithm that was configured needs a key. */
  private static void check(AllowedAlgorithms chosen, KeySet keys) throws UnusableKeysException {
    if (chosen.decidedByKeys()) {
      return;
    }
    for (SignatureAlgorithm algorithm : chosen.all()) {
      if (!keys.serves(algorithm)) {
        String reason = algorithm.misfit(keys.entries().get(0).key());
        throw new UnusableKeysException(
            "DRAWBRIDGE_JWT_ALGORITHMS has "
                + algorithm
                + ", but no key serves it"
                + (reason == null ? "" : ": " + reason));
      }
    }
  }

  private static Set<SignatureAlgorithm.Family> families(Set<SignatureAlgorithm> algorithms) {
    return algorithms.stream().map(SignatureAlgorithm::family).collect(Collectors.toSet());
  }

  private static String names(List<Setting> settings) {
    List<String> names = new ArrayList<>();
    settings.forEach(setting -> names.add(setting.variable()));
    return String.join(", ", names);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
