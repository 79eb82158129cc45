package dev.drawbridge.filters.cors;

import dev.drawbridge.filters.cors.rules.HttpTokens;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the headers of the origin rule whole while the application writes its own: two lines of
 * {@code Access-Control-Allow-Origin} make a browser refuse the answer, and a {@code Vary} without
 * {@code Origin} makes a cache give it to the wrong page. Not thread-safe, as any response.
 */
final class GuardedResponse extends HttpServletResponseWrapper {
  private final CorsAnswer answer;

  /** As sent, or null when the request has no origin, or none that matters. */
  private final @Nullable String origin;

  GuardedResponse(HttpServletResponse response, CorsAnswer answer, @Nullable String origin) {
    super(response);
    this.answer = answer;
    this.origin = origin;
  }

  @Override
  public void setHeader(String name, @Nullable String value) {
    if (!isOurs(name)) {
      super.setHeader(name, value);
    } else if (CorsHeaders.VARY.equalsIgnoreCase(name)) {
      super.setHeader(
          name, value == null ? CorsHeaders.ORIGIN : CorsHeaders.merged(value, CorsHeaders.ORIGIN));
    } else {
      guard(name, value);
    }
  }

  @Override
  public void addHeader(String name, @Nullable String value) {
    if (!isOurs(name)) {
      super.addHeader(name, value);
    } else if (CorsHeaders.VARY.equalsIgnoreCase(name)) {
      if (value != null) {
        addItems(name, value);
      }
    } else {
      guard(name, value);
    }
  }

  /** The application's names are exposed besides; all else stays as the origin rule has it. */
  private void guard(String name, @Nullable String value) {
    if (CorsHeaders.EXPOSE_HEADERS.equalsIgnoreCase(name)) {
      if (value != null && !HttpTokens.contains(value, "*")) {
        addItems(name, value);
      }
    } else {
      answer.reportSecondVoice(name);
    }
  }

  private void addItems(String name, String items) {
    CorsHeaders.addItems((HttpServletResponse) getResponse(), name, items);
  }

  private boolean isOurs(String name) {
    return switch (name.length()) {
      case 4 -> CorsHeaders.VARY.equalsIgnoreCase(name);
      case 27 -> origin != null && CorsHeaders.ALLOW_ORIGIN.equalsIgnoreCase(name);
      case 29 -> origin != null && CorsHeaders.EXPOSE_HEADERS.equalsIgnoreCase(name);
      case 32 -> origin != null && CorsHeaders.ALLOW_CREDENTIALS.equalsIgnoreCase(name);
      default -> false;
    };
  }

  @Override
  public void sendError(int status) throws IOException {
    if (!sendWithoutPage(status)) {
      super.sendError(status);
    }
  }

  @Override
  public void sendError(int status, @Nullable String message) throws IOException {
    if (!sendWithoutPage(status)) {
      super.sendError(status, message);
    }
  }

  /**
   * Sends what has no error page as the status that it is. For an error Jetty takes {@code Vary}
   * away with the headers of the content; its own servlet for files sends 304 so.
   *
   * @return false for a status that can have a page
   */
  private boolean sendWithoutPage(int status) {
    if (isCommitted() || !(status == SC_NOT_MODIFIED || status == SC_NO_CONTENT)) {
      return false;
    }
    resetBuffer();
    setStatus(status);
    return true;
  }

  @Override
  public void reset() {
    super.reset();
    answer.apply((HttpServletResponse) getResponse(), origin);
  }
}
