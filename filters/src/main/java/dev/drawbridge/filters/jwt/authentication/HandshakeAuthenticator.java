package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserLookupUnavailableException;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.jwt.issuer.IssuerTemplate;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.jwt.revocation.RevocationCheck;
import dev.drawbridge.filters.jwt.token.ClaimRules;
import dev.drawbridge.filters.jwt.token.IssuerRule;
import dev.drawbridge.filters.jwt.token.TokenCacheStats;
import dev.drawbridge.filters.jwt.token.TokenSignature;
import dev.drawbridge.filters.jwt.token.TokenVerifier;
import dev.drawbridge.filters.jwt.token.Trust;
import dev.drawbridge.filters.jwt.token.Trusts;
import dev.drawbridge.filters.jwt.token.VerifiedToken;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The one path by which a token becomes a user: the filter takes it for a handshake, the endpoint
 * for a new token on an open connection. Thread-safe.
 */
public final class HandshakeAuthenticator implements AutoCloseable {
  private static final String NO_DATABASE =
      "DRAWBRIDGE_JWT_REVOCATIONS=database needs a database, but the application brought its"
          + " users without one; set memory";

  /** Where issuers write a name for people, the best first. */
  private static final List<String> DISPLAY_NAMES = List.of("name", "preferred_username");

  private final JwtConfig config;

  /** Those of each issuer, in their order, also where they are another issuer's too. */
  private final List<SigningKeys> opened;

  /** The same, but none that is another issuer's too. */
  private final List<SigningKeys> keys;

  private final KeyFiles files;
  private final Trusts trusts;
  private final TokenVerifier verifier;
  private final Credentials credentials;
  private final DevTokens devTokens;
  private final SessionTokens sessionTokens;
  private final FailureLimiter failures;
  private final Lasting lasting;

  /**
   * What stays through reloads of the settings.
   *
   * @param mustSign true once something needs tokens to be signed here
   */
  private record Lasting(
      UserDirectory users,
      Revocations revocations,
      RevocationCheck revocationCheck,
      AtomicBoolean mustSign,
      Clock clock) {}

  /** In the place of an earlier one, whose counts go on; null for the first. */
  private HandshakeAuthenticator(
      JwtConfig config,
      List<SigningKeys> opened,
      KeyFiles files,
      Duration sessionTokenTtl,
      Lasting lasting,
      @Nullable HandshakeAuthenticator earlier) {
    this.config = config;
    this.opened = List.copyOf(opened);
    this.files = files;
    this.keys = IssuerKeys.apart(config.issuers(), opened);
    this.lasting = lasting;
    this.trusts = trusts(config, opened, keys);
    this.verifier =
        new TokenVerifier(
            trusts,
            config.maxLength(),
            config.cacheTtl(),
            lasting.clock(),
            earlier == null ? null : earlier.verifier);
    this.credentials = new Credentials(config.cookieName(), config.queryToken());
    TokenSigner signer =
        new TokenSigner(config.signer(), keys.get(config.issuers().indexOf(config.signer())));
    this.devTokens = new DevTokens(config, signer, lasting.clock());
    this.sessionTokens =
        new SessionTokens(signer, config.signerIsClear(), sessionTokenTtl, lasting.clock());
    this.failures =
        earlier == null
            ? new FailureLimiter(config.failuresPerMinute(), System::nanoTime)
            : earlier.failures.withLimit(config.failuresPerMinute());
  }

  /** Each exact issuer with the keys and rules of its own. */
  private static Trusts trusts(JwtConfig config, List<SigningKeys> opened, List<SigningKeys> keys) {
    Map<String, Trust> trusts = new LinkedHashMap<>();
    List<IssuerTemplate> templates = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      TrustedIssuer issuer = config.issuers().get(i);
      IssuerTemplate template = issuer.template();
      if (template != null) {
        templates.add(template);
      }
      for (TrustedIssuer.Exact exact : issuer.exact()) {
        ClaimRules rules =
            new ClaimRules(
                new IssuerRule(exact.issuer(), exact.tenant(), template),
                issuer.use(),
                issuer.audience(),
                issuer.subject().among(exact.prefix(), issuer.subject().foreign()),
                issuer.roles(),
                config.leeway(),
                config.maxLifetime());
        Object fetchedBy = issuer.keys().present() == null ? opened.get(i) : null;
        trusts.put(
            exact.issuer(), new Trust(issuer.keys().algorithms(), keys.get(i), rules, fetchedBy));
      }
    }
    return new Trusts(trusts, templates);
  }

  /**
   * What is wrong with the settings of tokens and keys, a sentence each that names its setting;
   * empty when all is well. Reads key files, but opens nothing.
   */
  public static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    JwtConfig.of(settings, problems);
    return problems;
  }

  /** What is wrong where revocations have no database to be kept in. */
  public static List<String> problemsWithoutDatabase(Settings settings) {
    return isStored(settings) ? List.of(NO_DATABASE) : List.of();
  }

  private static boolean isStored(Settings settings) {
    return "database".equals(settings.string(Setting.JWT_REVOCATIONS));
  }

  /**
   * Opens the keys.
   *
   * @param users where users are looked up; stays the caller's to close
   * @param database where revocations may be kept, null when there is none
   * @param revocations the application's, or null for those that the settings name
   * @param clock for every check of time
   * @throws ConfigurationException if {@link #problems(Settings)} finds any
   */
  public static HandshakeAuthenticator open(
      Settings settings,
      UserDirectory users,
      @Nullable Database database,
      @Nullable Revocations revocations,
      Clock clock) {
    List<String> problems = new ArrayList<>();
    KeyFiles files = KeyFiles.of(settings);
    JwtConfig config = JwtConfig.of(settings, problems);
    boolean stored = isStored(settings);
    if (stored && database == null && revocations == null) {
      problems.add(NO_DATABASE);
    }
    if (config == null || !problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    Revocations chosen = revocations;
    if (chosen == null) {
      chosen =
          stored && database != null
              ? Revocations.inDatabase(
                  database,
                  config.maxLifetime(),
                  settings.duration(Setting.USER_CACHE_MAX_STALE),
                  clock)
              : Revocations.inMemory(config.maxLifetime(), clock);
    }
    return new HandshakeAuthenticator(
        config,
        IssuerKeys.open(config.issuers(), clock, System::nanoTime),
        files,
        settings.duration(Setting.SESSION_TOKEN_TTL),
        new Lasting(
            users,
            chosen,
            new RevocationCheck(chosen, settings.duration(Setting.USER_LOOKUP_TIMEOUT)),
            new AtomicBoolean(),
            clock),
        null);
  }

  /**
   * The same by other settings: users, revocations and counts of failures stay. Keys that did not
   * change stay, too, with what was fetched of them; those of a new address must be there before
   * this returns. Blocks for at most ten seconds.
   *
   * @return this, if nothing changes for it
   * @throws ConfigurationException if the settings do not fit; this goes on
   */
  public HandshakeAuthenticator reloaded(Settings next, Settings before) {
    AuthenticatorReload reload = new AuthenticatorReload(next, before);
    KeyFiles now = KeyFiles.of(next);
    if (reload.changesNothing(now, files)) {
      return this;
    }
    AuthenticatorReload.Made made =
        reload.made(config, opened, lasting.mustSign().get(), lasting.clock());
    return new HandshakeAuthenticator(
        made.config(), made.opened(), now, next.duration(Setting.SESSION_TOKEN_TTL), lasting, this);
  }

  /** Closes what this does not share with another one. */
  public void closeAllBut(HandshakeAuthenticator other) {
    opened.stream().filter(each -> !other.opened.contains(each)).forEach(SigningKeys::close);
  }

  /** Settings that name files whose content is another one than that of an earlier one. */
  public List<Setting> readAgain(HandshakeAuthenticator earlier) {
    return files.differentFrom(earlier.files);
  }

  /**
   * False for a token that the settings would not let in any more: its issuer is not trusted now,
   * or its key was taken away. What became of fetched keys by themselves is not asked.
   */
  public boolean holds(TokenSignature signature) {
    return trusts.hold(signature);
  }

  /** Has reloads refused that leave no secret to sign with. */
  public void requireSigning() {
    lasting.mustSign().set(true);
  }

  /**
   * Verifies form, key, signature and claims of a token. The user is not looked at.
   *
   * @param token what the client sent, of any length and with any characters
   * @throws RefusedException with a {@code token_…} code or {@code keys_unavailable}
   */
  public VerifiedToken verify(String token) {
    return verifier.verify(token);
  }

  /**
   * Looks up whose token it is, and whether it was revoked. Blocks for at most the lookup time-out,
   * 2 s by default, for both together.
   *
   * @param token verified, now or earlier
   * @throws RefusedException with {@code token_revoked}, {@code user_not_found}, {@code
   *     user_disabled} or {@code auth_unavailable}
   */
  public Authentication admit(VerifiedToken token) {
    Revocations.Token held =
        new Revocations.Token(token.subject(), token.tokenId(), token.issuedAt());
    RevocationCheck.Answer revoked = lasting.revocationCheck().ask(held);
    if (revoked.isKnown()) {
      check(revoked);
    }
    User found;
    try {
      found = looksUsersUp() ? user(token.subject()) : null;
    } catch (RefusedException e) {
      // A token that was revoked is told so first, whatever else is wrong.
      check(revoked);
      throw e;
    }
    check(revoked);
    User user =
        found == null && config.users() != JwtConfig.Origin.DATABASE
            ? ofToken(token.subject(), displayName(token.claims()))
            : found;
    if (user == null || user.status() == User.Status.DELETED) {
      throw Refusals.refuse(
          RefusalCode.USER_NOT_FOUND,
          "no user has the token's " + subjectClaim(token) + "; was the user created?");
    }
    if (!user.isActive()) {
      throw Refusals.refuse(RefusalCode.USER_DISABLED, "the user's status is not ACTIVE");
    }
    if (held.isIssuedBefore(user.tokensValidFrom())) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_REVOKED,
          token.issuedAt() == null
              ? "the user's older tokens were revoked, and this one has no iat; log in again"
              : "the user's tokens of that time were revoked; log in again");
    }
    return new Authentication(token, withRoles(user, token.roles()));
  }

  /** Which claim the subject is, and that a prefix stands before it where it does. */
  private String subjectClaim(VerifiedToken token) {
    Object issuer = token.claims().get("iss");
    for (TrustedIssuer each : config.issuers()) {
      for (TrustedIssuer.Exact exact : each.exact()) {
        if (exact.issuer().equals(issuer)) {
          return each.subject().claim()
              + (exact.prefix().isEmpty()
                  ? ""
                  : " behind the prefix " + Refusals.shown(exact.prefix()));
        }
      }
    }
    return "subject";
  }

  /** False where the token alone says who its user is, so that no look-up can find anybody. */
  public boolean looksUsersUp() {
    return config.users() != JwtConfig.Origin.TOKEN;
  }

  /**
   * The user of an open connection after another look-up; whether an active one, is the caller's to
   * see.
   *
   * @param present who was admitted
   * @param found what the look-up says now, null when it knows nobody
   * @param tokenRoles those that the connection's token gives
   * @return null when there is no such user any more
   */
  public @Nullable User again(User present, @Nullable User found, Set<String> tokenRoles) {
    if (found != null) {
      return withRoles(found, tokenRoles);
    }
    return config.users() == JwtConfig.Origin.DATABASE
        ? null
        : withRoles(ofToken(present.subject(), present.displayName()), tokenRoles);
  }

  /** For people to read; what is no name is left out, it decides nothing. */
  private static @Nullable String displayName(Map<String, @Nullable Object> claims) {
    for (String claim : DISPLAY_NAMES) {
      if (claims.get(claim) instanceof String name && ClaimRules.isId(name)) {
        return name;
      }
    }
    return null;
  }

  private static User ofToken(String subject, @Nullable String displayName) {
    return User.of(subject, displayName == null ? subject : displayName, Set.of());
  }

  /** The same user with the roles that count. */
  private User withRoles(User user, Set<String> tokenRoles) {
    if (config.roles() == JwtConfig.Origin.DATABASE) {
      return user;
    }
    Set<String> roles = new HashSet<>(tokenRoles);
    if (config.roles() == JwtConfig.Origin.BOTH) {
      roles.addAll(user.roles());
    }
    return User.builder(user.subject())
        .displayName(user.displayName())
        .roles(roles)
        .status(user.status())
        .tokensValidFrom(user.tokensValidFrom())
        .build();
  }

  /**
   * Does both, {@link #verify} and {@link #admit}.
   *
   * @param token what the client sent, of any length and with any characters
   * @throws RefusedException with the code of the first check that failed
   */
  public Authentication authenticate(String token) {
    return admit(verify(token));
  }

  /** Longest token in characters. */
  public int maxTokenChars() {
    return config.maxLength();
  }

  /** The words of the ways by which a token may come, such as {@code authorization}. */
  public List<String> transports() {
    return credentials.transports();
  }

  /** Clock difference that is forgiven, also at the expiry of an open connection. */
  public Duration leeway() {
    return config.leeway();
  }

  /** How often a token had been verified before. */
  public TokenCacheStats tokenCache() {
    return verifier.cacheStats();
  }

  /** Where tokens can be revoked. */
  public Revocations revocations() {
    return lasting.revocations();
  }

  /** Mints tokens for developers. */
  public DevTokens devTokens() {
    return devTokens;
  }

  /** Signs tokens for users whom the application itself has logged in. */
  public SessionTokens sessionTokens() {
    return sessionTokens;
  }

  /** True when there are keys of each issuer to verify with; for readiness. */
  public boolean isReady() {
    return keys.stream().allMatch(SigningKeys::isReady);
  }

  /** The failed handshakes of each address, counted once however often the filter is declared. */
  public FailureLimiter failures() {
    return failures;
  }

  /** Stops watching the keys. */
  @Override
  public void close() {
    lasting.revocationCheck().close();
    opened.forEach(SigningKeys::close);
  }

  JwtConfig config() {
    return config;
  }

  public Credentials credentials() {
    return credentials;
  }

  private static void check(RevocationCheck.Answer answer) {
    if (answer.isRevoked()) {
      throw Refusals.refuse(RefusalCode.TOKEN_REVOKED, "this token was revoked; log in again");
    }
  }

  private @Nullable User user(String subject) {
    try {
      Lookup lookup = lasting.users().find(subject);
      return lookup.user().orElse(null);
    } catch (UserLookupUnavailableException e) {
      throw Refusals.refuse(
          RefusalCode.AUTH_UNAVAILABLE, "users cannot be looked up now: " + e.reason());
    }
  }
}
