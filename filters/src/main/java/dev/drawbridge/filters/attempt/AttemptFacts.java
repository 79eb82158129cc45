package dev.drawbridge.filters.attempt;

import dev.drawbridge.filters.log.Printable;
import dev.drawbridge.filters.request.RequestPath;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What dev mode keeps of a handshake beside its stages, for the diagnostics page. Written by the
 * thread that has the handshake, read by any; thread-safe.
 *
 * <p>Every text is printable ASCII of bounded length. There is never a token, a signature, a cookie
 * or a query in it.
 */
public final class AttemptFacts {
  private static final int MAX_CHARS = 256;
  private static final int MAX_ENTRIES = 16;
  private static final int MAX_FILTERS = 32;
  private static final String TOKEN_PREFIX = "drawbridge.bearer.";

  /** Read from a class of it: a string would not be renamed with the package. */
  private static final String SERVLET_API = Filter.class.getPackageName() + ".";

  /** Subprotocols that are shown as they are; everything else may be a token. */
  private static final Set<String> KNOWN_SUBPROTOCOLS =
      Set.of(
          "drawbridge.v1",
          "graphql-ws",
          "graphql-transport-ws",
          "v10.stomp",
          "v11.stomp",
          "v12.stomp",
          "mqtt",
          "wamp.2.json",
          "actioncable-v1-json",
          "access_token",
          "bearer",
          "vite-hmr");

  private static final Set<String> FORWARDING =
      Set.of("forwarded", "via", "x-real-ip", "client-ip", "true-client-ip", "cf-connecting-ip");

  private final String method;
  private final String path;
  private final String protocol;
  private final @Nullable String host;
  private final @Nullable String origin;
  private final @Nullable String page;
  private final @Nullable String userAgent;
  private final @Nullable String client;
  private final String remoteAddress;
  private final List<String> subprotocols;
  private final List<String> forwarding;

  private volatile List<String> filters = List.of();
  private volatile @Nullable String servlet;
  private volatile @Nullable String originRule;
  private volatile @Nullable String originReason;
  private volatile @Nullable TokenFacts token;
  private volatile boolean tokenIsVerified;
  private volatile @Nullable String tokenSubject;
  private volatile @Nullable String subject;
  private volatile @Nullable String hint;
  private volatile @Nullable String connection;

  AttemptFacts(HttpServletRequest request) {
    this.method = shown(request.getMethod());
    this.path = shown(RequestPath.of(request));
    this.protocol = shown(request.getProtocol());
    this.host = Printable.of(request.getHeader("Host"), MAX_CHARS);
    this.origin = Printable.address(joined(request.getHeaders("Origin")), MAX_CHARS);
    this.page = Printable.address(request.getHeader("Referer"), MAX_CHARS);
    this.userAgent = Printable.of(request.getHeader("User-Agent"), MAX_CHARS);
    this.client = client(request.getQueryString());
    this.remoteAddress = shown(request.getRemoteAddr());
    this.subprotocols = subprotocols(request.getHeaders("Sec-WebSocket-Protocol"));
    this.forwarding = forwarding(request.getHeaderNames());
    observeFilters();
  }

  private static String shown(@Nullable String text) {
    String shown = Printable.of(text, MAX_CHARS);
    return shown == null ? "" : shown;
  }

  private static @Nullable String joined(@Nullable Enumeration<String> lines) {
    return lines == null || !lines.hasMoreElements()
        ? null
        : String.join(", ", Collections.list(lines));
  }

  /** Name and version of the client's library, when they look like that. */
  private static @Nullable String client(@Nullable String query) {
    if (query == null) {
      return null;
    }
    return Arrays.stream(query.split("&", MAX_ENTRIES))
        .filter(pair -> pair.matches("client=[A-Za-z0-9._/-]{1,40}"))
        .map(pair -> pair.substring("client=".length()))
        .findFirst()
        .orElse(null);
  }

  private static List<String> subprotocols(@Nullable Enumeration<String> lines) {
    String all = joined(lines);
    if (all == null) {
      return List.of();
    }
    List<String> shown = new ArrayList<>();
    for (String part : all.split(",", MAX_ENTRIES)) {
      String entry = part.strip();
      if (KNOWN_SUBPROTOCOLS.contains(entry.toLowerCase(Locale.ROOT))) {
        shown.add(entry);
      } else if (entry.startsWith(TOKEN_PREFIX)) {
        shown.add(TOKEN_PREFIX + "(" + (entry.length() - TOKEN_PREFIX.length()) + " characters)");
      } else {
        shown.add("(" + entry.length() + " characters)");
      }
    }
    return List.copyOf(shown);
  }

  private static List<String> forwarding(@Nullable Enumeration<String> names) {
    if (names == null) {
      return List.of();
    }
    return Collections.list(names).stream()
        .map(name -> name.toLowerCase(Locale.ROOT))
        .filter(name -> name.startsWith("x-forwarded") || FORWARDING.contains(name))
        .map(name -> shown(name))
        .distinct()
        .limit(MAX_ENTRIES)
        .toList();
  }

  /**
   * Notes the filters that the request is inside of now, outermost first. The Servlet API does not
   * tell a chain's order; the stack of the thread does.
   */
  public void observeFilters() {
    List<String> seen = new ArrayList<>();
    StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
        .forEach(
            frame -> {
              Class<?> type = frame.getDeclaringClass();
              if (frame.getMethodName().equals("doFilter")
                  && Filter.class.isAssignableFrom(type)
                  && !type.getName().startsWith(SERVLET_API)
                  && !type.getName().contains("FilterHolder")) {
                String name = type.getName().substring(type.getName().lastIndexOf('.') + 1);
                if (seen.size() < MAX_FILTERS
                    && (seen.isEmpty() || !seen.get(seen.size() - 1).equals(name))) {
                  seen.add(name);
                }
              }
            });
    Collections.reverse(seen);
    filters = List.copyOf(seen);
  }

  /** The servlet that the request has reached. */
  public void servlet(String name) {
    servlet = shown(name);
  }

  /** What the origin rule said: the entry that matched, or the word of the reason. */
  public void origin(@Nullable String rule, @Nullable String reason) {
    originRule = Printable.of(rule, MAX_CHARS);
    originReason = reason;
  }

  /** What the token says; not verified yet. Null when it cannot be read. */
  public void token(@Nullable TokenFacts said) {
    token = said;
  }

  /** The token is good, and this is the subject that its claims make. */
  public void tokenIsVerified(String name) {
    tokenSubject = Printable.of(name, MAX_CHARS);
    tokenIsVerified = true;
  }

  /** The user is known and active. */
  public void subject(String name) {
    subject = Printable.of(name, MAX_CHARS);
  }

  /** The connection that came of it. */
  public void connection(String id) {
    connection = id;
  }

  void hint(@Nullable String text) {
    hint = Printable.of(text, 4 * MAX_CHARS);
  }

  /** {@code GET}, or {@code CONNECT} over HTTP/2. */
  public String method() {
    return method;
  }

  /** The path with the context, without query and path parameters. */
  public String path() {
    return path;
  }

  /** Such as {@code HTTP/1.1}. */
  public String protocol() {
    return protocol;
  }

  /** The {@code Host} header, null when there is none. */
  public @Nullable String host() {
    return host;
  }

  /** The {@code Origin} header, null when there is none. */
  public @Nullable String origin() {
    return origin;
  }

  /** The {@code Referer} without its query, null when there is none. */
  public @Nullable String page() {
    return page;
  }

  /** The {@code User-Agent} header, null when there is none. */
  public @Nullable String userAgent() {
    return userAgent;
  }

  /** Name and version of the client's library as it gave them, null when it did not. */
  public @Nullable String client() {
    return client;
  }

  /** The peer's address as the container knows it. */
  public String remoteAddress() {
    return remoteAddress;
  }

  /** The subprotocols that were offered; of everything unknown only the length. */
  public List<String> subprotocols() {
    return subprotocols;
  }

  /** The names of the headers that a proxy has added. */
  public List<String> forwarding() {
    return forwarding;
  }

  /** The filters that the request went through, outermost first. */
  public List<String> filters() {
    return filters;
  }

  /** The servlet that it reached, null when it reached none of ours. */
  public @Nullable String servlet() {
    return servlet;
  }

  /** The entry that allows the origin, null when none does or nobody asked. */
  public @Nullable String originRule() {
    return originRule;
  }

  /** Why the origin was refused, null when it was not. */
  public @Nullable String originReason() {
    return originReason;
  }

  /** What the token says, null when it cannot be read. */
  public @Nullable TokenFacts token() {
    return token;
  }

  /** True if signature and claims were found good; otherwise a stranger wrote what it says. */
  public boolean isTokenVerified() {
    return tokenIsVerified;
  }

  /** Who is looked up by the token, null when it was not found good. */
  public @Nullable String tokenSubject() {
    return tokenSubject;
  }

  /** Whose handshake it is, null when that is not known. */
  public @Nullable String subject() {
    return subject;
  }

  /** The exact mismatch and what to change, null when nothing was refused. */
  public @Nullable String hint() {
    return hint;
  }

  /** The connection that came of it, null when none did. */
  public @Nullable String connection() {
    return connection;
  }

  @Override
  public String toString() {
    return "AttemptFacts[" + method + " " + path + "]";
  }
}
