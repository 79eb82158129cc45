package dev.drawbridge.filters.refusal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.filters.settings.DevMode;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpTester;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RefusalTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Server server = new Server();
  private final LocalConnector connector = new LocalConnector(server);
  private final AtomicReference<Refusal> refusal = new AtomicReference<>();
  private final AtomicReference<DevMode> mode = new AtomicReference<>(DevMode.PRODUCTION);

  @BeforeEach
  void startServer() throws Exception {
    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(
        new ServletHolder(
            new HttpServlet() {
              private static final long serialVersionUID = 1L;

              @Override
              protected void service(HttpServletRequest request, HttpServletResponse response)
                  throws IOException {
                response.setHeader("Access-Control-Allow-Origin", "http://localhost:3000");
                response.getWriter().write("half an answer");
                response.reset();
                response.setHeader("Access-Control-Allow-Origin", "http://localhost:3000");
                refusal.get().send(request, response, mode.get());
              }
            }),
        "/*");
    server.addConnector(connector);
    server.setHandler(context);
    server.start();
  }

  @AfterEach
  void stopServer() throws Exception {
    server.stop();
  }

  @ParameterizedTest
  @EnumSource
  void everyCodeHasTheSameForm(RefusalCode code) throws Exception {
    refusal.set(Refusal.of(code, "only for developers").withInDevelopment("reason", "test"));

    HttpTester.Response answer = ask();
    JsonNode body = JSON.readTree(answer.getContent());

    assertThat(answer.getStatus()).isEqualTo(code.status());
    assertThat(answer.get("Content-Type"))
        .isEqualToIgnoringCase("application/problem+json;charset=utf-8");
    assertThat(answer.get("Cache-Control")).isEqualTo("no-store");
    assertThat(answer.get("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(answer.get("Access-Control-Allow-Origin")).isEqualTo("http://localhost:3000");
    assertThat(answer.get("X-Request-Id")).isEqualTo(body.get("requestId").asText()).hasSize(12);
    assertThat(body.get("type").asText()).isEqualTo("urn:drawbridge:problem:" + code.word());
    assertThat(body.get("title").asText()).isNotBlank();
    assertThat(body.get("status").asInt()).isEqualTo(code.status());
    assertThat(body.get("code").asText()).isEqualTo(code.word()).matches("[a-z]+(_[a-z]+)*");
    assertThat(body.get("action").asText()).isEqualTo(code.action().word());
    assertThat(body.get("retryable").asBoolean())
        .isEqualTo(List.of("wait", "refresh_token").contains(code.action().word()));
    assertThat(body.has("hint")).isFalse();
    assertThat(body.has("reason")).isFalse();
    assertThat(answer.get("WWW-Authenticate") != null).isEqualTo(code.status() == 401);
    assertThat(answer.get("Retry-After") != null)
        .isEqualTo(code.status() == 429 || code.status() == 503);
  }

  @Test
  void developmentShowsTheHint() throws Exception {
    mode.set(DevMode.DEVELOPMENT);
    refusal.set(
        Refusal.of(RefusalCode.ORIGIN_DENIED, "the port differs")
            .with("supported", List.of("drawbridge.v1"))
            .withInDevelopment("reason", "not-listed"));

    JsonNode body = JSON.readTree(ask().getContent());

    assertThat(body.get("hint").asText()).isEqualTo("the port differs");
    assertThat(body.get("reason").asText()).isEqualTo("not-listed");
    assertThat(body.at("/supported/0").asText()).isEqualTo("drawbridge.v1");
  }

  @Test
  void aChallengeNamesAnErrorOnlyWhenThereWasACredential() throws Exception {
    refusal.set(Refusal.of(RefusalCode.TOKEN_MISSING));
    String without = ask().get("WWW-Authenticate");
    refusal.set(Refusal.of(RefusalCode.TOKEN_EXPIRED));
    String with = ask().get("WWW-Authenticate");

    assertThat(without).isEqualTo("Bearer realm=\"drawbridge\"");
    assertThat(with)
        .isEqualTo(
            "Bearer realm=\"drawbridge\", error=\"invalid_token\","
                + " error_description=\"token_expired\"");
  }

  @Test
  void theTimeToWaitIsSaid() throws Exception {
    refusal.set(Refusal.of(RefusalCode.RATE_LIMITED).retryAfter(17));

    assertThat(ask().get("Retry-After")).isEqualTo("17");
  }

  private HttpTester.Response ask() throws Exception {
    return HttpTester.parseResponse(
        connector.getResponse("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  }
}
