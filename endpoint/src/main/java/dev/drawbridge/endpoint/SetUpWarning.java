package dev.drawbridge.endpoint;

/**
 * Something about the web application that will break handshakes or connections. Immutable.
 *
 * @param what one sentence without its full stop
 * @param fix what to write where, in one line
 */
record SetUpWarning(String what, String fix) {
  @Override
  public String toString() {
    return what + ". Fix: " + fix;
  }
}
