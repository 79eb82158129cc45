package dev.drawbridge.example.springboot.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** What the README warns of does happen. */
class EasyMistakesTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /** No {@code @Configuration}, or the scan of the application would find it. */
  @EnableAutoConfiguration
  @Import(SecurityRules.class)
  static class BareFilter {
    @Bean
    ServletContextInitializer users() {
      return new ChatApplication().users();
    }

    @Bean
    JwtHandshakeFilter jwt() {
      return new JwtHandshakeFilter();
    }
  }

  @EnableAutoConfiguration
  @Import(SecurityRules.class)
  static class WithoutOrder {
    @Bean
    FilterRegistrationBean<DevCorsFilter> cors() {
      FilterRegistrationBean<DevCorsFilter> bean =
          new FilterRegistrationBean<>(new DevCorsFilter());
      bean.addUrlPatterns("/*");
      bean.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ERROR);
      return bean;
    }
  }

  @Test
  void filterThatIsABeanItselfGuardsEveryPage() throws Exception {
    try (ConfigurableApplicationContext application = run(BareFilter.class)) {
      HttpResponse<String> page = send(application, HttpRequest.newBuilder().GET(), "/hello");

      assertThat(page.statusCode()).isEqualTo(401);
      assertThat(page.body()).contains("token_missing");
    }
  }

  @Test
  void withoutAnOrderSpringSecurityAnswersPreflightsFirst() throws Exception {
    try (ConfigurableApplicationContext without = run(WithoutOrder.class);
        ConfigurableApplicationContext with = run(ChatApplication.class)) {
      assertThat(preflight(without).headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
      assertThat(preflight(without).statusCode()).isIn(401, 403);

      assertThat(preflight(with).statusCode()).isEqualTo(204);
      assertThat(preflight(with).headers().firstValue("Access-Control-Allow-Origin"))
          .hasValue("http://localhost:5173");
    }
  }

  private static HttpResponse<String> preflight(ConfigurableApplicationContext application)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder()
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
            .header("Origin", "http://localhost:5173")
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", "authorization");
    return send(application, request, "/account");
  }

  private static HttpResponse<String> send(
      ConfigurableApplicationContext application, HttpRequest.Builder request, String path)
      throws Exception {
    String port = application.getEnvironment().getRequiredProperty("local.server.port");
    URI uri = URI.create("http://localhost:" + port + path);
    return CLIENT.send(request.uri(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static ConfigurableApplicationContext run(Class<?> application) {
    return SpringApplication.run(
        application,
        "--server.port=0",
        "--server.servlet.context-parameters.[drawbridge.jwt.secret]=" + TestTokens.SECRET);
  }
}
