package dev.drawbridge.spring;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.Database;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.outbox.Outbox;
import dev.drawbridge.spring.RunningApplication.Container;
import dev.drawbridge.spring.RunningApplication.Part;
import dev.drawbridge.spring.shop.Orders;
import dev.drawbridge.spring.shop.ShopApplication;
import java.net.CookieManager;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** An application with all that the starter fits in with: security, JDBC, Actuator, a login. */
class ShopTest {
  private static final String BASIC =
      "Basic " + Base64.getEncoder().encodeToString("carol:pw".getBytes(StandardCharsets.UTF_8));

  private static final String MANAGEMENT = "the-secret-of-the-operators";

  private static RunningApplication application;

  @BeforeAll
  static void start() {
    application =
        RunningApplication.start(
            Container.TOMCAT,
            ShopApplication.class,
            List.of(Part.JPA),
            "--spring.sql.init.schema-locations=classpath:shop.sql",
            "--spring.flyway.enabled=false",
            "--spring.security.user.name=carol",
            "--spring.security.user.password=pw",
            "--drawbridge.session.token-path=/ws/token",
            "--drawbridge.guarded-paths=/api/*",
            "--drawbridge.management.token=" + MANAGEMENT,
            "--drawbridge.cluster.url=rediss://shop:the-password-of-redis@redis.example",
            "--management.endpoints.web.exposure.include=health,metrics,env",
            "--management.endpoint.env.show-values=always",
            "--management.endpoint.health.show-details=always",
            "--management.endpoint.health.probes.enabled=true",
            "--management.endpoint.health.group.readiness.include=readinessState,drawbridge");
  }

  @AfterAll
  static void stop() {
    application.close();
  }

  @Test
  void commitSendsWhatWasPublishedInIt() {
    try (RecordingClient bob = application.connect("bob");
        RecordingClient alice = application.connect("alice")) {
      bob.subscribe("orders:1");

      assertThat(alice.request("order.pay", Map.of("id", 1)).data().asText()).isEqualTo("paid");

      Frame changed = bob.expect("order.changed");
      assertThat(changed.data().path("state").asText()).isEqualTo("paid");
    }
  }

  @Test
  void rollbackTakesBackRowAndMessage() {
    try (RecordingClient bob = application.connect("bob")) {
      bob.subscribe("orders:2", "orders:3");

      bob.send("order.fail", Map.of("id", 2));
      bob.expectError("handler_failed");
      bob.request("order.pay", Map.of("id", 3));

      // Had the first been sent, it would have come before.
      assertThat(bob.expect("order.changed").data().path("id").asInt()).isEqualTo(3);
      assertThat(application.bean(Orders.class).state(2)).isEqualTo("open");
    }
  }

  @Test
  void outsideOfATransactionNothingIsPublished() {
    Orders orders = application.bean(Orders.class);

    assertThatThrownBy(() -> orders.payWithoutTransaction(4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a transaction of this data source must be open")
        .hasMessageContaining("@Transactional");
  }

  @Test
  void wrongChannelIsRefusedInTheWordsOfTheOutboxAndSpoilsNothing() {
    TransactionTemplate transaction =
        new TransactionTemplate(application.bean(PlatformTransactionManager.class));
    OutboxTemplate outbox = application.bean(OutboxTemplate.class);

    assertThatThrownBy(
            () ->
                transaction.executeWithoutResult(
                    status -> outbox.publish("nobody:1", "order.changed", null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nobody:1");
    try (RecordingClient dora = application.connect("dora")) {
      dora.subscribe("~");
      transaction.executeWithoutResult(
          status -> outbox.publishToUser("dora", "hello", Map.of("from", "shop")));
      assertThat(dora.expect("hello").data().path("from").asText()).isEqualTo("shop");
    }
  }

  @Test
  void applicationsDataSourceIsTheDatabase() {
    Database database = application.bean(Database.class);

    assertThat(database.hasOwnPool()).isFalse();
    List<Long> orders =
        database.read(
            session -> session.query("SELECT id FROM orders").list(row -> row.longValue("id")));
    assertThat(orders).contains(1L, 2L);
    assertThat(application.bean(DataSource.class)).isNotNull();
    assertThat(application.bean(Outbox.class).toString()).isEqualTo("Outbox of the endpoint");
  }

  @Test
  void handlersUserIsKnownToMethodSecurity() {
    try (RecordingClient alice = application.connect("alice");
        RecordingClient bob = application.connect("bob")) {
      assertThat(alice.request("order.cancel", Map.of("id", 1)).data().asText())
          .isEqualTo("cancelled");

      bob.send("order.cancel", Map.of("id", 1));

      bob.expectError("message_forbidden");
    }
  }

  @Test
  void denialOfWhatAHandlerDoesLaterIsTheSameAnswer() {
    try (RecordingClient alice = application.connect("alice");
        RecordingClient bob = application.connect("bob")) {
      assertThat(alice.request("order.cancel-later", Map.of("id", 1)).data().asText())
          .isEqualTo("cancelled");

      bob.send("order.cancel-later", Map.of("id", 1));

      bob.expectError("message_forbidden");
    }
  }

  /** An application that shows the values of its environment does not mean these. */
  @Test
  void secretsAreNotInTheEnvironmentThatActuatorShows() throws Exception {
    String shown = application.get("/actuator/env", "Authorization", BASIC).body();

    assertThat(shown)
        .contains("drawbridge.jwt.secret")
        .contains("drawbridge.management.token")
        .contains("/ws/token")
        .contains("rediss://***")
        .doesNotContain(TestTokens.SECRET)
        .doesNotContain(MANAGEMENT)
        .doesNotContain("the-password-of-redis");
  }

  @Test
  void endpointsRoutesAreOpenToTokensAndNothingElseIs() throws Exception {
    assertThat(application.get("/ws/config").statusCode()).isEqualTo(200);
    assertThat(application.get("/ws/health").statusCode()).isEqualTo(200);
    assertThat(application.refusal("/ws")).isEqualTo(401);
    assertThat(application.get("/ws/diagnose").body()).contains("token_missing");

    assertThat(application.get("/open").body()).isEqualTo("open");
    assertThat(application.get("/account").statusCode()).isEqualTo(401);
    assertThat(application.get("/ws/token").statusCode()).isEqualTo(401);
    assertThat(application.get("/ws/../account").statusCode()).isIn(400, 401);
    assertThat(application.get("/ws;x=/account").statusCode()).isNotEqualTo(200);
    assertThat(application.get("/wsx").statusCode()).isEqualTo(401);
    assertThat(application.get("/actuator/metrics").statusCode()).isEqualTo(401);
  }

  /** A POST of a page would need a token against forgery anywhere else. */
  @Test
  void csrfIsNotInTheWayOfTheEndpointsOwnPosts() throws Exception {
    HttpResponse<String> drain =
        RunningApplication.CLIENT.send(
            HttpRequest.newBuilder(application.uri("http", "/ws/drain"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(drain.body()).contains("management_token_invalid");
  }

  @Test
  void reloadReadsTheEnvironmentOfTheApplicationAnew() throws Exception {
    String origin = "https://new.example.org";
    assertThat(application.get("/open", "Origin", origin).statusCode()).isEqualTo(403);
    application
        .context()
        .getEnvironment()
        .getPropertySources()
        .addFirst(
            new MapPropertySource("changed", Map.of("drawbridge.dev.websocket-origins", origin)));

    HttpResponse<String> reload =
        RunningApplication.CLIENT.send(
            HttpRequest.newBuilder(application.uri("http", "/ws/reload"))
                .header("Authorization", "Bearer " + MANAGEMENT)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(reload.statusCode()).isEqualTo(200);
    assertThat(reload.body()).contains("DEV_WEBSOCKET_ORIGINS");
    assertThat(application.get("/open", "Origin", origin).body()).isEqualTo("open");
  }

  @Test
  void guardedPathsTakeTheTokenAndTellSpringSecurityItsUser() throws Exception {
    String token = "Bearer " + RunningApplication.TOKENS.of("bob");

    assertThat(application.get("/api/me", "Authorization", token).body()).isEqualTo("bob");
    assertThat(application.get("/api/me").body()).contains("token_missing");
    try (RecordingClient bob = application.connect("bob")) {
      bob.subscribe("orders:9");
      HttpResponse<String> told =
          RunningApplication.CLIENT.send(
              HttpRequest.newBuilder(application.uri("http", "/api/tell/9"))
                  .header("Authorization", token)
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(told.body()).isEqualTo("seq true");
      bob.expect("order.seen");
    }
  }

  @Test
  void whoIsLoggedInToSpringSecurityGetsAToken() throws Exception {
    HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    HttpRequest login =
        HttpRequest.newBuilder(application.uri("http", "/account"))
            .header("Authorization", BASIC)
            .build();
    assertThat(browser.send(login, HttpResponse.BodyHandlers.ofString()).body()).isEqualTo("carol");
    HttpRequest page =
        HttpRequest.newBuilder(application.uri("http", "/ws/token"))
            .header("Authorization", BASIC)
            .header("Sec-Fetch-Site", "same-origin")
            .header("Sec-Fetch-Mode", "cors")
            .build();

    HttpResponse<String> answer = browser.send(page, HttpResponse.BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(200);
    String token = answer.body().replaceAll(".*\"token\":\"([^\"]+)\".*", "$1");
    try (RecordingClient carol = RecordingClient.connect(application.uri("ws", "/ws"), token)) {
      assertThat(carol.request("online", null).data().asInt()).isPositive();
    }
  }

  @Test
  void actuatorShowsHealthReadinessAndMetrics() throws Exception {
    HttpResponse<String> health = application.get("/actuator/health", "Authorization", BASIC);
    HttpResponse<String> readiness =
        application.get("/actuator/health/readiness", "Authorization", BASIC);

    assertThat(health.body()).contains("\"drawbridge\":{").contains("\"database\":\"up\"");
    assertThat(readiness.statusCode()).isEqualTo(200);
    assertThat(readiness.body()).contains("\"drawbridge\"");
    try (RecordingClient bob = application.connect("bob")) {
      assertThat(bob.request("online", null).data().asInt()).isPositive();
      eventually(
          "the connection is counted",
          () -> metrics("drawbridge.connections").contains("\"value\""));
    }
  }

  private static String metrics(String name) {
    try {
      return application.get("/actuator/metrics/" + name, "Authorization", BASIC).body();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
