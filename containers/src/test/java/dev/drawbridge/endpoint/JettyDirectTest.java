package dev.drawbridge.endpoint;

class JettyDirectTest extends TransportContract {
  JettyDirectTest() {
    super(Host.JETTY_DIRECT);
  }
}
