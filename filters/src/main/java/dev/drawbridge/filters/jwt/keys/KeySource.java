package dev.drawbridge.filters.jwt.keys;

import dev.drawbridge.filters.jwt.issuer.IssuerSettings;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.util.Loopback;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.Key;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The one place where the keys of an issuer come from, and the algorithms that go with it.
 * Immutable.
 *
 * @param algorithms with which tokens may be signed
 * @param madeForThisStart true for the random secret of dev mode: no other server knows it
 * @param present the keys that are known already, null where they are fetched
 * @param place the file or the address where they are, in one spelling for all that lead there,
 *     whatever the scheme; null where they are set
 * @param written the same as somebody has written it
 * @param opener starts to watch the place
 */
public record KeySource(
    AllowedAlgorithms algorithms,
    boolean madeForThisStart,
    @Nullable KeySet present,
    @Nullable String place,
    @Nullable String written,
    Opener opener) {

  /** The same keys for other algorithms. */
  public KeySource with(AllowedAlgorithms others) {
    return new KeySource(others, madeForThisStart, present, place, written, opener);
  }

  /** Starts to watch the place where the keys are; a file is looked at by the second clock. */
  @FunctionalInterface
  public interface Opener {
    SigningKeys open(Clock clock, LongSupplier nanoTime) throws UnusableKeysException;
  }

  /**
   * Where keys are.
   *
   * @param name how messages call it: a setting, or a member of the issuers file
   * @param value a path, a URL or an issuer
   */
  private record Place(String name, String value) {

    static Place of(Setting setting, Settings settings) {
      return new Place(setting.variable(), String.valueOf(settings.string(setting)));
    }
  }

  /** Algorithms that somebody has chosen, none for those that the keys allow. */
  private record Chosen(Set<SignatureAlgorithm> algorithms, String name) {}

  /** The settings of which exactly one says where the keys are. */
  public static final List<Setting> SOURCES =
      List.of(
          Setting.JWT_SECRET,
          Setting.JWT_SECRET_FILE,
          Setting.JWT_PUBLIC_KEY,
          Setting.JWT_JWKS_FILE,
          Setting.JWT_JWKS_URL);

  private static final int RANDOM_SECRET_BYTES = 32;

  /**
   * Reads the settings of the keys of the only issuer, and the keys too where they are in a file.
   *
   * @param problems gets one sentence for each thing that is wrong
   * @return null if there was a problem
   */
  public static @Nullable KeySource of(Settings settings, List<String> problems) {
    List<Setting> set = SOURCES.stream().filter(s -> settings.string(s) != null).toList();
    int before = problems.size();
    Chosen algorithms =
        algorithms(
            settings.list(Setting.JWT_ALGORITHMS), Setting.JWT_ALGORITHMS.variable(), problems);
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
    String issuer = set.isEmpty() ? discovered(settings) : null;
    if (set.isEmpty() && issuer == null && !settings.isDevelopment()) {
      problems.add(
          "one of "
              + names(SOURCES)
              + " is required in production, for example DRAWBRIDGE_JWT_SECRET from"
              + " `openssl rand -base64 48`; or let DRAWBRIDGE_JWT_ISSUER be an https:// issuer"
              + " whose metadata names its keys");
    }
    if (set.size() > 1 || (set.isEmpty() && issuer == null && !settings.isDevelopment())) {
      return null;
    }
    Setting source = set.isEmpty() ? Setting.JWT_SECRET : set.get(0);
    try {
      KeySource keys;
      if (issuer != null) {
        source = Setting.JWT_ISSUER;
        keys = ofIssuer(new Place(source.variable(), issuer), algorithms, settings);
      } else if (source == Setting.JWT_SECRET) {
        keys = ofSecret(settings, algorithms);
      } else {
        IssuerSettings.Member member = IssuerSettings.Member.of(source);
        Key previous = source == Setting.JWT_SECRET_FILE ? previous(settings) : null;
        keys = of(member, Place.of(source, settings), algorithms, previous, settings);
      }
      return problems.size() > before ? null : keys;
    } catch (UnusableKeysException e) {
      problems.add(source.variable() + " is not usable: " + e.getMessage());
      return null;
    }
  }

  /**
   * The keys of one of several issuers: where its entry says, else by its metadata.
   *
   * @param problems gets one sentence for each thing that is wrong
   * @return null if there was a problem
   */
  public static @Nullable KeySource of(
      IssuerSettings issuer, Settings settings, List<String> problems) {
    int before = problems.size();
    Chosen algorithms =
        algorithms(
            issuer.list(IssuerSettings.Member.ALGORITHMS),
            issuer.name(IssuerSettings.Member.ALGORITHMS),
            problems);
    List<IssuerSettings.Member> places =
        issuer.values().keySet().stream().filter(IssuerSettings.Member::isKeys).sorted().toList();
    if (places.size() > 1) {
      problems.add(
          places.stream().map(issuer::name).collect(Collectors.joining(", "))
              + " are set; keep exactly one source of keys");
      return null;
    }
    IssuerSettings.Member member = places.isEmpty() ? IssuerSettings.Member.ISSUER : places.get(0);
    String value = places.isEmpty() ? issuer.issuer() : String.valueOf(issuer.text(member));
    Place place = new Place(issuer.name(member), value);
    try {
      KeySource keys = of(member, place, algorithms, null, settings);
      return problems.size() > before ? null : keys;
    } catch (UnusableKeysException e) {
      problems.add(place.name() + " is not usable: " + e.getMessage());
      return null;
    }
  }

  private static KeySource of(
      IssuerSettings.Member member,
      Place place,
      Chosen algorithms,
      @Nullable Key previous,
      Settings settings)
      throws UnusableKeysException {
    return switch (member) {
      case SECRET_FILE -> ofSecretFile(place, algorithms, previous, settings);
      case PUBLIC_KEY ->
          ofFile(place, algorithms, KeySource::usual, bytes -> KeyReader.pem(text(bytes)));
      case JWKS_FILE ->
          ofFile(place, algorithms, first -> AllowedAlgorithms.ofKeys(false), KeyReader::jwks);
      case JWKS_URL -> ofUrl(place, algorithms, settings);
      default -> ofIssuer(place, algorithms, settings);
    };
  }

  /**
   * The only issuer, where its metadata is to be asked for its keys: it is an address that somebody
   * has set. Null where dev mode makes a secret, and where there is none or it is no address.
   */
  private static @Nullable String discovered(Settings settings) {
    List<String> issuers = settings.list(Setting.JWT_ISSUER);
    if (issuers.size() != 1 || DiscoveryFetch.problem(issuers.get(0)) != null) {
      return null;
    }
    String issuer = issuers.get(0);
    String ownDefault = Setting.JWT_ISSUER.defaultValue(settings.mode());
    return issuer.equals(ownDefault) ? null : issuer;
  }

  private static Chosen algorithms(List<String> names, String setting, List<String> problems) {
    int before = problems.size();
    Set<SignatureAlgorithm> algorithms = EnumSet.noneOf(SignatureAlgorithm.class);
    for (String name : names) {
      SignatureAlgorithm algorithm = SignatureAlgorithm.named(name);
      if (algorithm == null) {
        problems.add(
            setting
                + " must hold only names of "
                + List.of(SignatureAlgorithm.values())
                + ": "
                + Refusals.shown(name));
      } else {
        algorithms.add(algorithm);
      }
    }
    if (families(algorithms).size() > 1) {
      problems.add(setting + " must be of one family (HS…, RS…/PS…, ES… or EdDSA): " + algorithms);
    }
    // Wrong ones are told already; the key is looked at all the same.
    return new Chosen(problems.size() > before ? Set.of() : algorithms, setting);
  }

  private static KeySource ofSecret(Settings settings, Chosen algorithms)
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
        keys,
        null,
        null,
        (clock, nanoTime) -> SigningKeys.fixed(keys));
  }

  private static KeySource ofSecretFile(
      Place place, Chosen algorithms, @Nullable Key previous, Settings settings)
      throws UnusableKeysException {
    return ofFile(
        place,
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
      Place place,
      Chosen algorithms,
      Function<KeySet, AllowedAlgorithms> unlessConfigured,
      FileKeys.Reader reader)
      throws UnusableKeysException {
    Path file;
    KeySet first;
    try {
      file = Path.of(place.value());
      first = reader.read(FileKeys.contentOf(file));
    } catch (InvalidPathException | IOException e) {
      throw new UnusableKeysException(
          "the file cannot be read (" + e.getClass().getSimpleName() + "): " + place.value());
    }
    AllowedAlgorithms chosen = chosen(algorithms, unlessConfigured.apply(first), first);
    FileKeys.Reader checked =
        bytes -> {
          KeySet keys = reader.read(bytes);
          check(chosen, keys, algorithms.name());
          return keys;
        };
    return new KeySource(
        chosen,
        false,
        first,
        KeyPlace.of(file),
        place.value(),
        (clock, nanoTime) -> new FileKeys(file, checked, FileKeys.POLL_INTERVAL, nanoTime));
  }

  private static KeySource ofUrl(Place place, Chosen algorithms, Settings settings)
      throws UnusableKeysException {
    URI url;
    try {
      url = new URI(place.value());
    } catch (URISyntaxException e) {
      throw new UnusableKeysException("it must be a URL");
    }
    boolean http = "http".equalsIgnoreCase(url.getScheme());
    if ((!http && !"https".equalsIgnoreCase(url.getScheme())) || url.getHost() == null) {
      throw new UnusableKeysException("it must be a URL that starts with https:// and a host");
    }
    if (http && !settings.isDevelopment() && !settings.bool(Setting.JWT_ALLOW_HTTP)) {
      throw new UnusableKeysException(
          "it must start with https:// in production, unless DRAWBRIDGE_JWT_ALLOW_HTTP=true says"
              + " that the way to it is safe");
    }
    if (url.getUserInfo() != null || url.getFragment() != null) {
      throw new UnusableKeysException("it must hold neither a user name nor a fragment");
    }
    AllowedAlgorithms chosen = ofPublicKeys(algorithms);
    return new KeySource(
        chosen,
        false,
        null,
        KeyPlace.of(url),
        place.value(),
        (clock, nanoTime) -> new JwksUrlKeys(url, chosen.all(), JwksUrlKeys.Times.DEFAULT, clock));
  }

  /** By the metadata of an issuer; plain http only on this machine in dev mode, or by a setting. */
  private static KeySource ofIssuer(Place place, Chosen algorithms, Settings settings)
      throws UnusableKeysException {
    String issuer = place.value();
    String problem = DiscoveryFetch.problem(issuer);
    if (problem != null) {
      throw new UnusableKeysException(
          "without a source of keys it must be " + problem + ": " + Refusals.shown(issuer));
    }
    URI url = DiscoveryFetch.candidates(issuer).get(0);
    boolean http = "http".equalsIgnoreCase(url.getScheme());
    Predicate<String> plainHosts =
        host ->
            settings.bool(Setting.JWT_ALLOW_HTTP) || (settings.isDevelopment() && isLoopback(host));
    if (http && !plainHosts.test(url.getHost())) {
      throw new UnusableKeysException(
          "its keys are found by https:// alone, unless DRAWBRIDGE_JWT_ALLOW_HTTP=true says that"
              + " the way to it is safe: "
              + Refusals.shown(issuer));
    }
    AllowedAlgorithms chosen = ofPublicKeys(algorithms);
    JwksUrlKeys.Times times = JwksUrlKeys.Times.DEFAULT;
    return new KeySource(
        chosen,
        false,
        null,
        DiscoveryFetch.place(issuer),
        issuer,
        (clock, nanoTime) ->
            new JwksUrlKeys(
                new DiscoveryFetch(issuer, plainHosts, times, nanoTime),
                chosen.all(),
                times,
                clock));
  }

  /** Names that stand for this machine without asking anybody. RFC 6761 section 6.3. */
  private static boolean isLoopback(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    return Loopback.isHost(name) || name.endsWith(".localhost") || Loopback.isAddress(name);
  }

  private static AllowedAlgorithms ofPublicKeys(Chosen algorithms) throws UnusableKeysException {
    if (families(algorithms.algorithms()).contains(SignatureAlgorithm.Family.HMAC)) {
      throw new UnusableKeysException(
          "a key set serves public keys only; " + algorithms.name() + " must not be HS…");
    }
    return algorithms.algorithms().isEmpty()
        ? AllowedAlgorithms.ofKeys(false)
        : AllowedAlgorithms.exactly(algorithms.algorithms());
  }

  /** The one that is usual with the key of a file that holds one. */
  private static AllowedAlgorithms usual(KeySet keys) {
    SignatureAlgorithm usual = SignatureAlgorithm.usual(keys.entries().get(0).key());
    return AllowedAlgorithms.exactly(
        Set.of(Objects.requireNonNull(usual, "the reader refuses keys that fit no algorithm")));
  }

  private static AllowedAlgorithms chosen(
      Chosen configured, AllowedAlgorithms unlessConfigured, KeySet keys)
      throws UnusableKeysException {
    AllowedAlgorithms chosen =
        configured.algorithms().isEmpty()
            ? unlessConfigured
            : AllowedAlgorithms.exactly(configured.algorithms());
    check(chosen, keys, configured.name());
    return chosen;
  }

  /** Each algorithm that was configured needs a key. */
  private static void check(AllowedAlgorithms chosen, KeySet keys, String setting)
      throws UnusableKeysException {
    if (chosen.decidedByKeys()) {
      return;
    }
    for (SignatureAlgorithm algorithm : chosen.all()) {
      if (!keys.serves(algorithm)) {
        String reason = algorithm.misfit(keys.entries().get(0).key());
        throw new UnusableKeysException(
            setting
                + " has "
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

  /** Without the place, whose query may be a secret. */
  @Override
  public String toString() {
    return "KeySource" + algorithms.all();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
