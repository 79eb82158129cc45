package dev.drawbridge.endpoint;

class JettyEe10OldestTest extends TransportContract {
  JettyEe10OldestTest() {
    super(Host.JETTY_EE10_OLDEST);
  }
}
