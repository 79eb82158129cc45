package dev.drawbridge.endpoint;

import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

@EnabledForJreRange(min = JRE.JAVA_21)
class Tomcat11VirtualThreadsTest extends TransportContract {
  Tomcat11VirtualThreadsTest() {
    super(Host.TOMCAT_11_VIRTUAL);
  }
}
