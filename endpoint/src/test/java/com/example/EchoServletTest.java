package com.example;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EchoServletTest {
  public static class EchoServlet extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(Endpoint.Builder endpoint) {
      endpoint.on("echo", JsonNode.class, (data, connection) -> data);
    }
  }

  private final Server server = new Server(new InetSocketAddress("localhost", 0));

  @BeforeEach
  void start() throws Exception {
    ServletContextHandler application = new ServletContextHandler();
    application.setInitParameter("ENVIRONMENT", "development");
    application.setInitParameter("WEBSOCKET_DEV_MODE", "true");
    application.setInitParameter("drawbridge.jwt.secret", TestTokens.SECRET);
    UserSource everybody = subject -> Optional.of(User.of(subject, subject, Set.of()));
    application.setAttribute(UserSource.class.getName(), everybody);
    JettyWebSocketServletContainerInitializer.configure(application, null);
    EnumSet<DispatcherType> requests = EnumSet.of(DispatcherType.REQUEST);
    application.addFilter(JwtHandshakeFilter.class, "/ws", requests).setAsyncSupported(true);
    application.addServlet(EchoServlet.class, "/ws/*").setAsyncSupported(true);
    server.setHandler(application);
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    server.stop();
  }

  @Test
  void echoAnswersWithItsData() {
    URI uri = URI.create("ws://localhost:" + server.getURI().getPort() + "/ws");
    try (RecordingClient alice = RecordingClient.connect(uri, new TestTokens().of("alice"))) {
      Event.Frame ack = alice.request("echo", Map.of("a", 1));

      assertThat(ack.type()).isEqualTo("ack");
      assertThat(ack.data().path("a").asInt()).isEqualTo(1);
    }
  }
}
