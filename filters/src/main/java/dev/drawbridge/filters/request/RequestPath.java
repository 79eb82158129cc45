package dev.drawbridge.filters.request;

import jakarta.servlet.http.HttpServletRequest;

/** A request's path as a log may hold it. */
public final class RequestPath {
  private RequestPath() {}

  /**
   * The path without the query and without path parameters, which may hold a token or a session's
   * id. Not escaped.
   */
  public static String of(HttpServletRequest request) {
    String path = request.getRequestURI();
    int end = path == null ? -1 : path.indexOf(';');
    return path == null ? "" : end < 0 ? path : path.substring(0, end);
  }
}
