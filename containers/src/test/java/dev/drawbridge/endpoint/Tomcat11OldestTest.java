package dev.drawbridge.endpoint;

class Tomcat11OldestTest extends TransportContract {
  Tomcat11OldestTest() {
    super(Host.TOMCAT_11_OLDEST);
  }
}
