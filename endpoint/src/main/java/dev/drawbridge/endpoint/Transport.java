package dev.drawbridge.endpoint;

/**
 * Which way frames take through Jetty. Immutable.
 *
 * @param way {@code jetty-direct} or {@code jetty-api}
 * @param why a phrase
 */
record Transport(String way, String why) {
  static Transport direct() {
    return new Transport("jetty-direct", "Jetty shows its own classes, as in an embedded server");
  }

  static Transport api(String why) {
    return new Transport("jetty-api", why);
  }

  @Override
  public String toString() {
    return way + ": " + why;
  }
}
