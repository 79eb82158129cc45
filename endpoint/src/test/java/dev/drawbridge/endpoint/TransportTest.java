package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.internal.transport.jetty.JettyReleases;
import dev.drawbridge.endpoint.internal.transport.jetty.direct.DirectConnection;
import dev.drawbridge.endpoint.internal.transport.jetty.direct.DirectFrames;
import dev.drawbridge.endpoint.internal.transport.jetty.direct.DirectHandshaker;
import dev.drawbridge.endpoint.internal.transport.jetty.direct.DirectUpgrade;
import dev.drawbridge.endpoint.internal.transport.jetty.direct.Linkage;
import dev.drawbridge.endpoint.internal.transport.jetty.direct.ReadingTurn;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which way frames take through Jetty, and what happens when something of it is missing. */
class TransportTest {
  private static final String CLASS_PATH =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

  /**
   * All classes anew, without one of Jetty's and, if wanted, without our class files to look at.
   */
  private static final class Lacking extends URLClassLoader {
    private final String missing;
    private final boolean hidesOurs;

    Lacking(String missing, boolean hidesOurs) {
      super(urls(), ClassLoader.getPlatformClassLoader());
      this.missing = missing;
      this.hidesOurs = hidesOurs;
    }

    private static URL[] urls() {
      return Arrays.stream(CLASS_PATH.split(java.io.File.pathSeparator))
          .map(
              entry -> {
                try {
                  return Path.of(entry).toUri().toURL();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .toArray(URL[]::new);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (name.equals(missing)) {
        throw new ClassNotFoundException(name);
      }
      return super.findClass(name);
    }

    @Override
    public InputStream getResourceAsStream(String name) {
      return hidesOurs && name.startsWith("dev/drawbridge/endpoint/") && name.endsWith(".class")
          ? null
          : super.getResourceAsStream(name);
    }
  }

  private static String check(ClassLoader classes) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(classes);
    try {
      Method check =
          classes
              .loadClass(JettyReleaseProgram.class.getName())
              .getDeclaredMethod("check", String.class, int.class);
      check.setAccessible(true);
      return (String) check.invoke(null, "ee11", 2);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // Nothing is missing.
    "none, false, jetty-direct",
    // Seen at the start.
    "org.eclipse.jetty.server.ProxyConnectionFactory$ProxyEndPoint, false, jetty-api",
    // Seen by the first handshake.
    "org.eclipse.jetty.server.ProxyConnectionFactory$ProxyEndPoint, true, jetty-api"
  })
  void everyHandshakeSucceedsWhateverIsMissing(String missing, boolean hidesOurs, String way)
      throws Exception {
    try (Lacking classes = new Lacking(missing, hidesOurs)) {
      assertThat(check(classes)).endsWith(" ee11 " + way);
    }
  }

  @Test
  void diagnosticsSayWhichWayAndWhy() throws Exception {
    try (TestServer direct = TestServer.setup().start();
        TestServer api = TestServer.setup().api().start()) {
      assertThat(direct.core().transport()).isEqualTo(JettyReleases.direct());
      assertThat(direct.get("/ws/diagnostics.json").body())
          .contains("\"transport\":{")
          .contains("\"way\":\"jetty-direct\"");
      assertThat(api.core().transport().way()).isEqualTo("jetty-api");
      assertThat(api.core().transport().why()).isEqualTo("DRAWBRIDGE_TRANSPORT=jetty-api");
      assertThat(direct.get("/ws/diagnostics.json").body()).contains("\"weaker\":null");
      assertThat(api.get("/ws/diagnostics.json").body()).contains("\"weaker\":\"over HTTP/2");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "jetty/12.0.7, true",
    "jetty/12.1.5, true",
    "jetty/12.1.9, true",
    "jetty/12.1.10, false",
    "jetty/12.2.0, false",
    "jetty/13.0.0-alpha0, false",
    "Apache Tomcat/11.0.27, false"
  })
  void whatTheApiCannotDoOverHttp2IsToldOfReleasesThatCannot(String serverInfo, boolean told) {
    String weaker = JettyReleases.api("as asked for", null, serverInfo).weaker();

    assertThat(weaker.contains("over HTTP/2")).isEqualTo(told);
    assertThat(weaker).contains("permessage-deflate", "12.1.8");
    assertThat(JettyReleases.direct().weaker()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        DirectUpgrade.class,
        DirectHandshaker.class,
        DirectConnection.class,
        DirectFrames.class,
        ReadingTurn.class,
        Linkage.class,
        TransportTest.class
      })
  void whatIsThereIsFound(Class<?> type) {
    assertThatCode(() -> Linkage.check(type)).doesNotThrowAnyException();
  }

  static final class Callee {
    static int present;

    static int present(int value) {
      return value + present;
    }
  }

  static final class Caller {
    static int call() {
      return Callee.present(1);
    }
  }

  /** Loads the caller as if the callee had been another one when it was compiled. */
  private static final class Patched extends ClassLoader {
    private final byte[] bytes;

    Patched(String name, String other) throws IOException {
      super(TransportTest.class.getClassLoader());
      try (InputStream in = Caller.class.getResourceAsStream("TransportTest$Caller.class")) {
        String text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        bytes = text.replace(name, other).getBytes(StandardCharsets.ISO_8859_1);
      }
    }

    Class<?> caller() {
      return defineClass(null, bytes, 0, bytes.length);
    }

    @Override
    public InputStream getResourceAsStream(String name) {
      return new ByteArrayInputStream(bytes);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "present,missing,java.lang.NoSuchMethodError,missing(I)I",
    "(I)I,(J)J,java.lang.NoSuchMethodError,present(J)J",
    "TransportTest$Callee,TransportTest$Called,java.lang.NoClassDefFoundError,Called"
  })
  void whatIsMissingIsNamed(String name, String other, String error, String text) throws Exception {
    Class<?> caller = new Patched(name, other).caller();

    assertThatThrownBy(() -> Linkage.check(caller))
        .isInstanceOf(Class.forName(error))
        .hasMessageContaining(text);
  }

  @ParameterizedTest
  @CsvSource({
    "org/eclipse/jetty/server/Server,true",
    "'void org.eclipse.jetty.io.EndPoint.write()',true",
    "com/example/Payload,false",
    ",false"
  })
  void onlyWhatJettyLacksSwitchesTheWay(String message, boolean isOfJetty) {
    assertThat(DirectFrames.isOfJetty(new NoClassDefFoundError(message))).isEqualTo(isOfJetty);
  }
}
