package dev.drawbridge.endpoint;

class Tomcat10Test extends TransportContract {
  Tomcat10Test() {
    super(Host.TOMCAT_10);
  }
}
