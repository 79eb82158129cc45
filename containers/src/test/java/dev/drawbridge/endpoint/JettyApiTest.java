package dev.drawbridge.endpoint;

class JettyApiTest extends TransportContract {
  JettyApiTest() {
    super(Host.JETTY_API);
  }
}
