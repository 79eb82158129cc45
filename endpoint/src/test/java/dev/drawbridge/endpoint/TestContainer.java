package dev.drawbridge.endpoint;

import jakarta.servlet.ServletContext;
import java.util.function.Consumer;

/** Another container than Jetty, in which the tests of the protocol run as well. */
interface TestContainer {
  /** System property with the name of its class, which has a constructor without arguments. */
  String PROPERTY = "test.container";

  /**
   * Starts on a free port of 127.0.0.1.
   *
   * @param application registers what it has, while it is starting
   */
  void start(String contextPath, Consumer<ServletContext> application) throws Exception;

  int port();

  void stop() throws Exception;

  /** A new one that the property names; null for Jetty. */
  static TestContainer named() {
    String name = System.getProperty(PROPERTY);
    if (name == null) {
      return null;
    }
    try {
      return Class.forName(name)
          .asSubclass(TestContainer.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no such container of tests: " + name, e);
    }
  }
}
