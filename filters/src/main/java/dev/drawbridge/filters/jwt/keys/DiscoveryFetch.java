package dev.drawbridge.filters.jwt.keys;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.jwt.issuer.IssuerTemplate;
import dev.drawbridge.filters.jwt.jose.StrictJson;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A key set by way of the issuer's metadata, which names its URL: OpenID Connect Discovery 1.0
 * section 4, RFC 8414 section 3. The metadata must name the issuer exactly; whatever is wrong with
 * it leaves the keys in force that are known, and opens no other way.
 */
final class DiscoveryFetch implements KeyFetch {

  private static final String WELL_KNOWN = "/.well-known/";
  private static final String OPENID = "openid-configuration";
  private static final String OAUTH = "oauth-authorization-server";

  /** How servers say that there is nothing at an address; only then the next one is asked. */
  private static final Set<Integer> ABSENT = Set.of(403, 404, 405, 410);

  /** What a multi-tenant provider calls the tenant of nobody in particular. */
  private static final String ANY_TENANT = "common";

  /** The issuer whose keys are looked for. */
  private final String issuer;

  private final List<URI> candidates;
  private final Predicate<String> plainHosts;
  private final BoundedGet http;
  private final JwksUrlKeys.Times times;
  private final LongSupplier nanoTime;

  /** Where the keys are, null until the metadata was read; read anew when it has failed us. */
  private @Nullable URI keys;

  /** When the metadata shall be read again; meaningless without {@link #keys}. */
  private long readAgainAt;

  /** Which address has answered last, asked first; null before. */
  private @Nullable URI answered;

  /**
   * Prepares requests.
   *
   * @param issuer exact, or a template; without a {@link #problem}
   * @param plainHosts true for a host whose keys may come by plain http, for an issuer of that
   *     scheme
   */
  DiscoveryFetch(
      String issuer, Predicate<String> plainHosts, JwksUrlKeys.Times times, LongSupplier nanoTime) {
    this.issuer = issuer;
    this.candidates = candidates(issuer);
    this.plainHosts = plainHosts;
    this.times = times;
    this.nanoTime = nanoTime;
    this.http = new BoundedGet(times.fetchTimeout());
  }

  /**
   * Why an issuer cannot be looked up, as the end of "must be …", or null.
   *
   * @param issuer exact, or a template
   */
  static @Nullable String problem(String issuer) {
    URI url;
    try {
      url = new URI(issuer.replace(IssuerTemplate.PLACE, ANY_TENANT));
    } catch (URISyntaxException e) {
      return "a URL";
    }
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    if ((!scheme.equals("https") && !scheme.equals("http")) || url.getHost() == null) {
      return "a URL that starts with https:// and a host";
    }
    return url.getUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null
        ? "a URL without user name, query and fragment"
        : null;
  }

  /**
   * Where the metadata may be, in the order in which it is looked for: by the rule of OpenID
   * Connect, by that of RFC 8414, and by the two mixtures that are in use.
   */
  static List<URI> candidates(String issuer) {
    URI url = URI.create(issuer.replace(IssuerTemplate.PLACE, ANY_TENANT));
    String origin = url.getScheme() + "://" + url.getRawAuthority();
    String path = url.getRawPath().replaceAll("/$", "");
    Set<String> all = new LinkedHashSet<>();
    all.add(origin + path + WELL_KNOWN + OPENID);
    all.add(origin + WELL_KNOWN + OAUTH + path);
    all.add(origin + WELL_KNOWN + OPENID + path);
    all.add(origin + path + WELL_KNOWN + OAUTH);
    return all.stream().map(URI::create).toList();
  }

  /** Which metadata an issuer has, in one spelling. */
  static String place(String issuer) {
    return KeyPlace.of(URI.create(issuer.replace(IssuerTemplate.PLACE, ANY_TENANT)));
  }

  @Override
  public Answer fetch() throws UnusableKeysException, InterruptedException {
    URI known = keys;
    if (known == null || nanoTime.getAsLong() - readAgainAt >= 0) {
      known = discovered();
      keys = known;
    }
    try {
      return JwksFetch.fetch(known, http);
    } catch (UnusableKeysException e) {
      // The keys may have moved; the metadata is asked first the next time.
      keys = null;
      throw new UnusableKeysException(
          "its key set " + Refusals.address(known) + ": " + e.getMessage());
    }
  }

  @Override
  public String server() {
    return JwksFetch.server(candidates.get(0));
  }

  /** Reads the metadata where it was the last time, else where it is found first. */
  private URI discovered() throws UnusableKeysException, InterruptedException {
    List<URI> order = new ArrayList<>(candidates);
    URI last = answered;
    if (last != null) {
      order.remove(last);
      order.add(0, last);
    }
    for (URI url : order) {
      BoundedGet.Answer answer = answer(url);
      if (!ABSENT.contains(answer.status())) {
        URI found = keysUrl(url, answer);
        answered = url;
        readAgainAt = nanoTime.getAsLong() + times.refreshAfter(answer.maxAge()).toNanos();
        return found;
      }
    }
    throw invalid(
        "it has no metadata at "
            + Refusals.address(candidates.get(0))
            + " nor at "
            + Refusals.address(candidates.get(1))
            + "; set DRAWBRIDGE_JWT_JWKS_URL, or correct the issuer");
  }

  private BoundedGet.Answer answer(URI url) throws UnusableKeysException, InterruptedException {
    try {
      return http.get(url);
    } catch (BoundedGet.TooLargeException e) {
      throw invalid(
          "its metadata "
              + Refusals.address(url)
              + " must have at most "
              + BoundedGet.MAX_BODY_BYTES
              + " bytes");
    } catch (UnusableKeysException e) {
      throw new UnusableKeysException(
          "its metadata " + Refusals.address(url) + ": " + e.getMessage());
    }
  }

  private URI keysUrl(URI url, BoundedGet.Answer answer) throws UnusableKeysException {
    String metadata = "its metadata " + Refusals.address(url);
    if (answer.isRedirect()) {
      throw invalid(
          metadata
              + " is a redirect (status "
              + answer.status()
              + "), which is not followed; set the issuer that answers itself");
    }
    if (answer.status() != 200) {
      throw new UnusableKeysException(metadata + ": it answered with status " + answer.status());
    }
    ObjectNode document = StrictJson.object(answer.body());
    if (document == null) {
      throw invalid(
          metadata
              + " must be one JSON object in UTF-8 without duplicate members"
              + (answer.contentType().contains("html")
                  ? "; it is HTML, perhaps of a page that answers for every path"
                  : ""));
    }
    JsonNode named = document.get("issuer");
    if (named == null || !named.isTextual() || !named.textValue().equals(issuer)) {
      throw invalid(
          metadata
              + " must name the issuer "
              + Refusals.shown(issuer)
              + ": "
              + Refusals.shownClaim(named));
    }
    return checked(document.get("jwks_uri"), metadata);
  }

  private URI checked(@Nullable JsonNode address, String metadata) throws UnusableKeysException {
    String text = address != null && address.isTextual() ? address.textValue() : "";
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw invalid(metadata + " must hold a URL as jwks_uri: " + Refusals.shownClaim(address));
    }
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    String host = url.getHost();
    boolean plain = scheme.equals("http") && isPlain() && host != null && plainHosts.test(host);
    if ((!scheme.equals("https") && !plain) || host == null) {
      throw invalid(
          metadata + " must hold a URL with https:// as jwks_uri: " + Refusals.shownClaim(address));
    }
    if (url.getUserInfo() != null || url.getRawFragment() != null) {
      throw invalid(metadata + " must hold a jwks_uri without user name and fragment");
    }
    return url;
  }

  /** Metadata that came by https must not lead to keys that do not. */
  private boolean isPlain() {
    return "http".equalsIgnoreCase(candidates.get(0).getScheme());
  }

  private static UnusableKeysException invalid(String message) {
    return new UnusableKeysException(message, RefusalCode.ISSUER_METADATA_INVALID);
  }
}
