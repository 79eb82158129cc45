package dev.drawbridge.endpoint;

class Tomcat11Nio2Test extends TransportContract {
  Tomcat11Nio2Test() {
    super(Host.TOMCAT_11_NIO2);
  }
}
