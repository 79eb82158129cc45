package dev.drawbridge.example.springboot.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.DrawbridgeFilters;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketHandlerRegistry;

/** What the README warns of: Spring compares origins again, and allows its own alone. */
class SpringsOriginCheckTest {
  /** No {@code @Configuration}, or the scan of the application would find it. */
  @EnableAutoConfiguration
  @EnableWebSocket
  static class WithoutPatterns implements WebSocketConfigurer {
    @Override
    public void registerWebSocketHandlers(WebSocketHandlerRegistry registry) {
      registry.addHandler(new ShoutHandler(), "/shout");
    }

    @Bean
    ServletContextInitializer users() {
      return new ShoutApplication().users();
    }

    @Bean
    ServletContextInitializer filters() {
      return context -> DrawbridgeFilters.install(context, "/shout");
    }
  }

  @Test
  void pageThatDevCorsFilterLetsInIsRefusedBySpringWithoutThePatterns() {
    try (ConfigurableApplicationContext application =
        SpringApplication.run(
            WithoutPatterns.class,
            "--server.port=0",
            "--server.servlet.context-parameters.[drawbridge.jwt.secret]=" + TestTokens.SECRET)) {
      String port = application.getEnvironment().getRequiredProperty("local.server.port");

      open(port, "http://localhost:" + port).abort();

      assertThatThrownBy(() -> open(port, "http://localhost:5173"))
          .cause()
          .isInstanceOfSatisfying(
              WebSocketHandshakeException.class,
              refused -> {
                assertThat(refused.getResponse().statusCode()).isEqualTo(403);
                // Not by us: DevCorsFilter has let the page in.
                assertThat(
                        refused.getResponse().headers().firstValue("Access-Control-Allow-Origin"))
                    .hasValue("http://localhost:5173");
              });
    }
  }

  private static WebSocket open(String port, String origin) {
    return HttpClient.newHttpClient()
        .newWebSocketBuilder()
        .header("Origin", origin)
        .header("Authorization", "Bearer " + new TestTokens().of("alice"))
        .buildAsync(URI.create("ws://localhost:" + port + "/shout"), new WebSocket.Listener() {})
        .join();
  }
}
