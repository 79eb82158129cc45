package dev.drawbridge.endpoint;

class Tomcat11Test extends TransportContract {
  Tomcat11Test() {
    super(Host.TOMCAT_11);
  }
}
