package dev.drawbridge.endpoint;

class UndertowTest extends TransportContract {
  UndertowTest() {
    super(Host.UNDERTOW);
  }
}
