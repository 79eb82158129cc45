package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.filters.util.Loopback;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The one HTML page, put together from its three parts. Everything that it shows comes by its
 * script, as text; a policy keeps all other scripts and all other servers out. Thread-safe.
 */
final class DiagnosticsPage {
  private static final int NONCE_BYTES = 18;
  private static final Pattern LOOPBACK =
      Pattern.compile(
          Loopback.HOSTS.stream().map(Pattern::quote).collect(Collectors.joining("|", "(", ")"))
              + "(:[0-9]{1,5})?");

  private final SecureRandom random = new SecureRandom();
  private final String template;
  private final byte[] locked;
  private final String lockedPolicy;

  DiagnosticsPage() {
    String style = resource("locked.css");
    locked = resource("locked.html").replace("/*style*/", style).getBytes(StandardCharsets.UTF_8);
    lockedPolicy =
        "default-src 'none'; style-src 'sha256-"
            + sha256(style)
            + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    template =
        resource("page.html")
            .replace("/*style*/", resource("page.css"))
            .replace(
                "/*script*/",
                resource("view.js")
                    + resource("charts.js")
                    + resource("selftest.js")
                    + resource("page.js"));
  }

  void send(HttpServletRequest request, HttpServletResponse response) throws IOException {
    byte[] bytes = new byte[NONCE_BYTES];
    random.nextBytes(bytes);
    String nonce = Base64.getEncoder().encodeToString(bytes);
    response.setHeader("Content-Security-Policy", policy(nonce, request.getHeader("Host")));
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("X-Frame-Options", "DENY");
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    byte[] html = template.replace("{{nonce}}", nonce).getBytes(StandardCharsets.UTF_8);
    response.setStatus(HttpServletResponse.SC_OK);
    response.setContentType("text/html");
    response.setCharacterEncoding("UTF-8");
    response.setContentLength(html.length);
    response.getOutputStream().write(html);
  }

  /** For who comes without the key: where it stands. */
  void sendLocked(HttpServletResponse response) throws IOException {
    response.setHeader("Content-Security-Policy", lockedPolicy);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Vary", "Accept");
    response.setStatus(HttpServletResponse.SC_FORBIDDEN);
    response.setContentType("text/html");
    response.setCharacterEncoding("UTF-8");
    response.setContentLength(locked.length);
    response.getOutputStream().write(locked);
  }

  private static String policy(String nonce, @Nullable String host) {
    StringBuilder connect = new StringBuilder("'self'");
    Matcher matcher = host == null ? null : LOOPBACK.matcher(host);
    if (matcher != null && matcher.matches()) {
      // Its own WebSocket, and its other name: from there the self-test makes a real preflight.
      String port = matcher.group(2) == null ? "" : matcher.group(2);
      for (String name : new String[] {"localhost", "127.0.0.1"}) {
        connect.append(" http://").append(name).append(port);
        connect.append(" ws://").append(name).append(port);
      }
    }
    return "default-src 'none'; script-src 'nonce-"
        + nonce
        + "'; style-src 'nonce-"
        + nonce
        + "'; connect-src "
        + connect
        + "; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  }

  private static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = DiagnosticsPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no diagnostics/" + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
