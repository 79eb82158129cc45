package dev.drawbridge.endpoint;

class UndertowWorkerTest extends TransportContract {
  UndertowWorkerTest() {
    super(Host.UNDERTOW_WORKER);
  }
}
