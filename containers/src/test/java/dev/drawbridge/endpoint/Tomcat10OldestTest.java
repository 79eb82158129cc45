package dev.drawbridge.endpoint;

class Tomcat10OldestTest extends TransportContract {
  Tomcat10OldestTest() {
    super(Host.TOMCAT_10_OLDEST);
  }
}
