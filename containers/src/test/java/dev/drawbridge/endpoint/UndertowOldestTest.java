package dev.drawbridge.endpoint;

class UndertowOldestTest extends TransportContract {
  UndertowOldestTest() {
    super(Host.UNDERTOW_OLDEST);
  }
}
