package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.jwt.issuer.IssuerSettings;
import dev.drawbridge.filters.jwt.issuer.IssuerSettings.Member;
import dev.drawbridge.filters.jwt.issuer.IssuerTemplate;
import dev.drawbridge.filters.jwt.issuer.IssuersFile;
import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.KeySource;
import dev.drawbridge.filters.jwt.token.AudienceRule;
import dev.drawbridge.filters.jwt.token.ClaimRules;
import dev.drawbridge.filters.jwt.token.RolesRule;
import dev.drawbridge.filters.jwt.token.SubjectRule;
import dev.drawbridge.filters.jwt.token.TokenUse;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the settings which issuers are trusted, and makes sure that none can pass for another:
 * no key, no exact issuer and no prefix of subjects belongs to two. Stateless.
 *
 * <p>The subjects of the first issuer stand as they are. Those of each further one begin with its
 * {@code iss} and a bar, those of a template with the tenant and a bar, unless the issuers file has
 * a prefix for them.
 */
final class TrustedIssuers {

  /** What stands between a prefix of ours and the subject. */
  static final String BAR = "|";

  private static final int MAX_TENANTS = 1000;
  private static final int MAX_PREFIX_CHARS = 128;
  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  /** Names in the addresses of Entra ID that no token has as its tenant. */
  private static final Set<String> NO_TENANTS = Set.of("common", "organizations", "consumers");

  private final Settings settings;
  private final List<String> problems;

  private TrustedIssuers(Settings settings, List<String> problems) {
    this.settings = settings;
    this.problems = problems;
  }

  /**
   * Reads the settings, the issuers file, and key files.
   *
   * @param problems gets one sentence for each thing that is wrong
   * @return in the order of the settings; worth nothing if there was a problem
   */
  static List<TrustedIssuer> of(Settings settings, List<String> problems) {
    TrustedIssuers reader = new TrustedIssuers(settings, problems);
    String file = settings.string(Setting.JWT_ISSUERS_FILE);
    List<String> listed = settings.list(Setting.JWT_ISSUER);
    List<TrustedIssuer> issuers =
        file != null
            ? reader.several(reader.ofFile(file))
            : listed.size() > 1
                ? reader.several(reader.ofList(listed))
                : reader.one(listed.isEmpty() ? null : listed.get(0));
    return reader.apart(issuers);
  }

  private List<IssuerSettings> ofFile(String file) {
    List<Setting> others = new ArrayList<>(KeySource.SOURCES);
    others.add(Setting.JWT_ISSUER);
    others.add(Setting.JWT_SECRET_PREVIOUS);
    others.add(Setting.JWT_TENANTS);
    tellApart(others, "DRAWBRIDGE_JWT_ISSUERS_FILE, which has a place for them; keep one");
    return IssuersFile.read(file, problems).stream().map(each -> each.orElse(settings)).toList();
  }

  private List<IssuerSettings> ofList(List<String> issuers) {
    List<Setting> others = new ArrayList<>(KeySource.SOURCES);
    others.add(Setting.JWT_SECRET_PREVIOUS);
    tellApart(
        others,
        "several issuers in DRAWBRIDGE_JWT_ISSUER, and no two may share keys; remove it, so that"
            + " each issuer's metadata names its own, or use DRAWBRIDGE_JWT_ISSUERS_FILE");
    return issuers.stream().map(each -> IssuerSettings.of(each, settings)).toList();
  }

  private void tellApart(List<Setting> others, String reason) {
    for (Setting each : others) {
      if (settings.source(each) != Settings.Source.DEFAULT) {
        problems.add(each.variable() + " is set beside " + reason);
      }
    }
  }

  private List<TrustedIssuer> one(@Nullable String issuer) {
    KeySource keys = KeySource.of(settings, problems);
    if (issuer == null) {
      problems.add(
          "DRAWBRIDGE_JWT_ISSUER is required in production, for example https://login.example.org");
    }
    IssuerSettings said = IssuerSettings.of(issuer == null ? "" : issuer, settings);
    TrustedIssuer read = read(said, keys, "");
    return read == null || issuer == null ? List.of() : List.of(read);
  }

  private List<TrustedIssuer> several(List<IssuerSettings> all) {
    List<TrustedIssuer> read = new ArrayList<>();
    for (IssuerSettings each : all) {
      KeySource keys = KeySource.of(each, settings, problems);
      String prefix = read.isEmpty() ? "" : each.issuer() + BAR;
      TrustedIssuer issuer = read(each, keys, prefix);
      if (issuer != null) {
        read.add(issuer);
      }
    }
    return read;
  }

  private @Nullable TrustedIssuer read(
      IssuerSettings said, @Nullable KeySource keys, String usualPrefix) {
    int before = problems.size();
    List<String> audience = said.list(Member.AUDIENCE);
    if (audience.isEmpty()) {
      problems.add(
          said.name(Member.AUDIENCE) + " is required in production, for example drawbridge");
    }
    String audienceClaim = choice(said, Member.AUDIENCE_CLAIM, AudienceRule.CLAIMS);
    String use = choice(said, Member.TOKEN_USE, TokenUse.WORDS);
    boolean signs = Boolean.parseBoolean(said.text(Member.SIGNS));
    if (signs && keys != null && !keys.algorithms().isHmac()) {
      problems.add(said.name(Member.SIGNS) + " must stand beside a secretFile: only secrets sign");
    }
    List<String> tenants = tenants(said);
    SubjectRule subject = subject(said, tenants.isEmpty() ? usualPrefix : tenantPrefix());
    for (String pointer : said.list(Member.ROLES_CLAIM)) {
      String problem = RolesRule.problem(pointer);
      if (problem != null) {
        problems.add(said.name(Member.ROLES_CLAIM) + " must hold " + problem);
      }
    }
    return problems.size() > before || keys == null || subject == null
        ? null
        : new TrustedIssuer(
            said.issuer(),
            tenants,
            keys,
            TokenUse.of(use),
            AudienceRule.of(audienceClaim, audience),
            subject,
            RolesRule.of(said.list(Member.ROLES_CLAIM)),
            signs);
  }

  private static String tenantPrefix() {
    return IssuerTemplate.PLACE + BAR;
  }

  private String choice(IssuerSettings said, Member member, List<String> words) {
    String word = Objects.requireNonNullElse(said.text(member), words.get(0));
    if (!words.contains(word)) {
      problems.add(
          said.name(member)
              + " must be one of "
              + String.join(", ", words)
              + ": "
              + Refusals.shown(word));
    }
    return word;
  }

  private List<String> tenants(IssuerSettings said) {
    String name = said.name(Member.TENANTS);
    boolean template = IssuerTemplate.in(said.issuer()) != null;
    Set<String> tenants = new LinkedHashSet<>();
    for (String each : said.list(Member.TENANTS)) {
      if (!TENANT.matcher(each).matches() || NO_TENANTS.contains(each.toLowerCase(Locale.ROOT))) {
        problems.add(
            name
                + " must hold the tid of each tenant, and there is no word for all of them: "
                + Refusals.shown(each));
      }
      tenants.add(IssuerTemplate.isUuid(each) ? each.toLowerCase(Locale.ROOT) : each);
    }
    if (tenants.size() > MAX_TENANTS) {
      problems.add(name + " must hold at most " + MAX_TENANTS + " tenants: " + tenants.size());
    }
    if (template && tenants.isEmpty()) {
      problems.add(
          name
              + " is required where the issuer has "
              + IssuerTemplate.PLACE
              + ": the tid of each tenant that is allowed");
    }
    if (template
        && said.issuer().indexOf(IssuerTemplate.PLACE)
            != said.issuer().lastIndexOf(IssuerTemplate.PLACE)) {
      problems.add(said.name(Member.ISSUER) + " must have " + IssuerTemplate.PLACE + " once");
    }
    String rest = said.issuer().replace(IssuerTemplate.PLACE, "");
    if (rest.indexOf('{') >= 0 || rest.indexOf('}') >= 0) {
      problems.add(
          said.name(Member.ISSUER)
              + " must have no braces but those of "
              + IssuerTemplate.PLACE
              + ", in this very spelling: "
              + Refusals.shown(said.issuer()));
    }
    // Settings hold tenants for whichever of several issuers is a template.
    if (!template && !tenants.isEmpty() && (!said.where().isEmpty() || isOnlyIssuer())) {
      problems.add(
          name + " is set, but " + said.name(Member.ISSUER) + " has no " + IssuerTemplate.PLACE);
    }
    return template ? List.copyOf(tenants) : List.of();
  }

  private boolean isOnlyIssuer() {
    return settings.list(Setting.JWT_ISSUER).stream()
        .noneMatch(each -> IssuerTemplate.in(each) != null);
  }

  private @Nullable SubjectRule subject(IssuerSettings said, String usualPrefix) {
    String claim = said.text(Member.SUBJECT_CLAIM);
    String prefix = Objects.requireNonNullElse(said.text(Member.SUBJECT_PREFIX), usualPrefix);
    if (!prefix.isEmpty()
        && (prefix.length() > MAX_PREFIX_CHARS || !ClaimRules.isId(prefix + "a"))) {
      problems.add(
          said.name(Member.SUBJECT_PREFIX)
              + " must have at most "
              + MAX_PREFIX_CHARS
              + " characters without control characters or a blank at its begin: "
              + Refusals.shown(prefix));
    }
    if (IssuerTemplate.in(said.issuer()) == null
        ? prefix.contains(IssuerTemplate.PLACE)
        : !prefix.contains(IssuerTemplate.PLACE)) {
      problems.add(
          said.name(Member.SUBJECT_PREFIX)
              + " must have "
              + IssuerTemplate.PLACE
              + " exactly where the issuer has it: "
              + Refusals.shown(prefix));
    }
    try {
      SubjectRule rule = claim == null ? SubjectRule.STANDARD : SubjectRule.of(claim, true);
      return rule.among(prefix, new TreeSet<>());
    } catch (IllegalArgumentException e) {
      problems.add(
          said.name(Member.SUBJECT_CLAIM)
              + " must be the name of a claim or a JSON pointer: "
              + Refusals.shown(claim == null ? "" : claim));
      return null;
    }
  }

  /** Tells what two of them have in common, and gives each the prefixes of the others. */
  private List<TrustedIssuer> apart(List<TrustedIssuer> issuers) {
    checkKeys(issuers);
    if (issuers.stream().filter(TrustedIssuer::signs).count() > 1) {
      problems.add("only one issuer may have signs");
    }
    List<TrustedIssuer.Exact> all =
        issuers.stream().flatMap(each -> each.exact().stream()).toList();
    Set<String> names = new HashSet<>();
    for (TrustedIssuer.Exact each : all) {
      if (!names.add(each.issuer())) {
        problems.add("the issuer " + Refusals.shown(each.issuer()) + " is configured twice");
      }
    }
    if (all.stream().filter(each -> each.prefix().isEmpty()).count() > 1) {
      problems.add("only one issuer may have subjects without a prefix: set subjectPrefix");
    }
    NavigableSet<String> prefixes = new TreeSet<>();
    for (TrustedIssuer.Exact each : all) {
      if (!each.prefix().isEmpty() && !prefixes.add(each.prefix())) {
        problems.add(overlap(each.prefix(), each.prefix()));
      }
    }
    for (String prefix : prefixes) {
      String next = prefixes.higher(prefix);
      if (next != null && next.startsWith(prefix)) {
        problems.add(overlap(prefix, next));
      }
    }
    return issuers.stream()
        .map(
            each ->
                new TrustedIssuer(
                    each.issuer(),
                    each.tenants(),
                    each.keys(),
                    each.use(),
                    each.audience(),
                    each.subject().among(each.subject().prefix(), prefixes),
                    each.roles(),
                    each.signs()))
        .toList();
  }

  private static String overlap(String prefix, String longer) {
    return "the prefixes of two issuers' subjects must not begin alike: "
        + Refusals.shown(prefix)
        + " and "
        + Refusals.shown(longer);
  }

  private void checkKeys(List<TrustedIssuer> issuers) {
    for (int i = 0; i < issuers.size(); i++) {
      for (int j = i + 1; j < issuers.size(); j++) {
        KeySource one = issuers.get(i).keys();
        KeySource other = issuers.get(j).keys();
        boolean alike =
            Stream.ofNullable(one.place()).anyMatch(place -> place.equals(other.place()));
        if (alike || haveCommonKey(one.present(), other.present())) {
          problems.add(
              "the issuers "
                  + Refusals.shown(issuers.get(i).issuer())
                  + " and "
                  + Refusals.shown(issuers.get(j).issuer())
                  + " must not share keys: whoever signs for one could sign for the other");
        }
      }
    }
  }

  private static boolean haveCommonKey(@Nullable KeySet one, @Nullable KeySet other) {
    return one != null && other != null && one.sharesKeyWith(other);
  }
}
