package dev.drawbridge.endpoint;

class JettyEe10Test extends TransportContract {
  JettyEe10Test() {
    super(Host.JETTY_EE10);
  }
}
