package dev.drawbridge.endpoint.internal.transport.jakarta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.internal.transport.Release;
import dev.drawbridge.endpoint.internal.transport.jakarta.JakartaContainer.Kind;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which containers and releases the endpoint starts on by the Jakarta API. */
class JakartaContainerTest {
  private static final Object CONTAINER = new Object();

  private static ServletContext context(String serverInfo, @Nullable Object container) {
    return (ServletContext)
        Proxy.newProxyInstance(
            JakartaContainerTest.class.getClassLoader(),
            new Class<?>[] {ServletContext.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getServerInfo" -> serverInfo;
                  case "getAttribute" -> container;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  @ParameterizedTest
  @CsvSource({
    "TOMCAT, 10.1.23, 'needs Tomcat 10.1.24 or 11.0.0 or newer'",
    "TOMCAT, 10.0.27, 'needs Tomcat 10.1.24 or 11.0.0 or newer'",
    "TOMCAT, 11.0.0-M1, 'needs Tomcat 10.1.24 or 11.0.0 or newer'",
    "TOMCAT, 11.0.0-M20, 'needs Tomcat 10.1.24 or 11.0.0 or newer'",
    "TOMCAT, 11.0.0-RC1, 'needs Tomcat 10.1.24 or 11.0.0 or newer'",
    "UNDERTOW, 2.3.18.Beta1, needs Undertow 2.3.18 or newer",
    "UNDERTOW, 2.3.18.CR1, needs Undertow 2.3.18 or newer",
    "TOMCAT, 9.0.117, 'needs Tomcat 10.1.24 or 11.0.0 or newer'",
    "UNDERTOW, 2.3.17.Final, needs Undertow 2.3.18 or newer",
    "UNDERTOW, 2.2.37.Final, needs Undertow 2.3.18 or newer"
  })
  void olderReleaseIsRefusedWithTheOneThatIsNeeded(Kind kind, String release, String needed) {
    assertThatThrownBy(() -> JakartaContainer.checked(kind, CONTAINER, Release.of(release)))
        .isInstanceOf(ServletException.class)
        .hasMessageContaining(needed)
        .hasMessageEndingWith(": " + release.replace(".Final", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "TOMCAT, 10.1.24, false",
    "TOMCAT, 10.1.56, false",
    "TOMCAT, 10.1.57, true",
    "TOMCAT, 10.1.100, true",
    "TOMCAT, 11.0.0, false",
    "TOMCAT, 11.0.24, true",
    "TOMCAT, 11.1.0, true",
    "TOMCAT, 12.0.0-M1, true",
    "TOMCAT, unknown, false",
    "UNDERTOW, 2.3.18.Final, true",
    "UNDERTOW, 2.3.18.SP1, true",
    "UNDERTOW, 2.3.18.Final-redhat-00001, true",
    "UNDERTOW, 2.4.0.Alpha1, true",
    "UNDERTOW, 2.4.2.Final, true",
    "TOMCAT, 11.0.24-M1, false",
    "TOMCAT, 11.0.24-acme, true",
    "UNDERTOW, unknown, true"
  })
  void goodReleaseStartsAndCompressesWhereNothingIsLost(
      Kind kind, String release, boolean compresses) throws Exception {
    assertThat(JakartaContainer.checked(kind, CONTAINER, Release.of(release)).compresses())
        .isEqualTo(compresses);
  }

  /** Class loaders of runnable jars do not always pass on what the manifest of a jar says. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "TOMCAT, 10.1.24, Apache Tomcat/10.1.59, 10.1.24",
        "TOMCAT, -, Apache Tomcat/10.1.41, 10.1.41",
        "TOMCAT, unknown, Apache Tomcat/11.0.0-M20, 11.0.0-M20",
        "UNDERTOW, -, Undertow - 2.3.18.Final, 2.3.18",
        "TOMCAT, -, Apache Tomcat, -",
        "TOMCAT, -, Acme 7.0.1, -"
      })
  void releaseIsWhatTheContainerSaysWhereItsJarIsSilent(
      Kind kind, @Nullable String ofJar, String serverInfo, @Nullable String release) {
    assertThat(JakartaContainer.release(kind, ofJar, serverInfo)).isEqualTo(Release.of(release));
  }

  @Test
  void otherContainersAreRefusedByName() {
    assertThatThrownBy(() -> JakartaContainer.of(context("Eclipse GlassFish 7.0.0", CONTAINER)))
        .isInstanceOf(ServletException.class)
        .hasMessageContaining("Tomcat 10.1.24 or 11.0.0, Undertow 2.3.18 or newer")
        .hasMessageContaining("the filters run")
        .hasMessageContaining("Eclipse GlassFish 7.0.0, java.lang.Object");
  }

  @Test
  void containerWithoutWebSocketIsToldWhatToAdd() {
    assertThatThrownBy(() -> JakartaContainer.of(context("Apache Tomcat/11.0.27", null)))
        .hasMessageContaining("tomcat-embed-websocket")
        .hasMessageEndingWith("Apache Tomcat/11.0.27");
    assertThatThrownBy(() -> JakartaContainer.of(context("Undertow - 2.3.24.Final", null)))
        .hasMessageContaining("WebSocketDeploymentInfo");
    assertThatThrownBy(() -> JakartaContainer.of(context("Resin/5", null)))
        .hasMessageContaining("Jetty 12.0.7");
  }
}
