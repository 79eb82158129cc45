package dev.drawbridge.endpoint.internal.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.drawbridge.endpoint.JettyClasses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.Test;

/** What of Jetty a web application gets to see, by itself and by the module of the operator. */
class ShownClassesTest {
  private static final Path MODULE =
      Path.of("src", "main", "resources", "META-INF", "drawbridge", "drawbridge.mod");
  private static final String EE_10 = "org.eclipse.jetty.ee10.";
  private static final String EE_11 = "org.eclipse.jetty.ee11.";

  @Test
  void theyAreSingleClassesThatExist() {
    for (String ee : List.of(EE_10, EE_11)) {
      assertThat(ShownClasses.patterns(ee))
          .isNotEmpty()
          .allSatisfy(
              pattern -> {
                assertThat(pattern).startsWith("-org.eclipse.jetty.");
                assertThatCode(() -> Class.forName(pattern.substring(1), false, loader()))
                    .doesNotThrowAnyException();
              });
    }
  }

  @Test
  void theyAreThoseOfOneEe() {
    assertThat(ShownClasses.patterns(EE_11))
        .contains("-org.eclipse.jetty.ee11.servlet.ServletContextRequest")
        .noneMatch(pattern -> pattern.contains(".ee10."));
    assertThat(ShownClasses.patterns(EE_10))
        .contains("-org.eclipse.jetty.ee10.servlet.ServletContextRequest")
        .noneMatch(pattern -> pattern.contains(".ee11."));
  }

  @Test
  void othersStayHidden() {
    WebAppContext context = new WebAppContext();
    new Server().setHandler(context);

    JettyClasses.show(context);

    assertThat(context.isHiddenClass(org.eclipse.jetty.server.NetworkConnector.class)).isTrue();
    assertThat(context.isHiddenClass(org.eclipse.jetty.util.thread.QueuedThreadPool.class))
        .isTrue();
    assertThat(
            context.isHiddenClass(
                org.eclipse.jetty.server.ProxyConnectionFactory.ProxyEndPoint.class))
        .isFalse();
    assertThat(context.isHiddenClass(org.eclipse.jetty.server.Request.class)).isFalse();
    assertThat(context.isHiddenClass(org.eclipse.jetty.server.Request.Wrapper.class)).isFalse();
  }

  @Test
  void whatIsNoApplicationOfJettyIsLeftAlone() {
    assertThatCode(() -> JettyClasses.show("tomcat")).doesNotThrowAnyException();
    assertThatCode(() -> JettyClasses.show(new Server())).doesNotThrowAnyException();
  }

  @Test
  void settingOfTheMachineShowsNone() {
    WebAppContext context = new WebAppContext();
    System.setProperty("drawbridge.transport", "jetty-api");
    try {
      JettyClasses.show(context);
    } finally {
      System.clearProperty("drawbridge.transport");
    }

    assertThat(context.isHiddenClass(org.eclipse.jetty.server.Request.class)).isTrue();
  }

  /** With {@code -Dguide.write=true} it is written anew. */
  @Test
  void moduleOfTheOperatorShowsTheSame() throws IOException {
    TreeSet<String> both = new TreeSet<>(ShownClasses.patterns(EE_10));
    both.addAll(ShownClasses.patterns(EE_11));
    String text =
        """
        [description]
        Shows web applications the classes of Jetty by which Drawbridge serves WebSockets without a
        detour: for all contexts of EE 10 and EE 11, also those with a WEB-INF/jetty-web.xml of their own.

        [tags]
        websocket

        [depend]
        ee-webapp

        [ini]
        """
            + both.stream()
                .map(pattern -> "jetty.server.addHiddenClasses+=," + pattern + "\n")
                .collect(Collectors.joining());
    if (Boolean.getBoolean("guide.write")) {
      Files.createDirectories(MODULE.getParent());
      Files.writeString(MODULE, text);
    }

    assertThat(Files.readString(MODULE)).isEqualTo(text);
  }

  private static ClassLoader loader() {
    return ShownClassesTest.class.getClassLoader();
  }
}
