package com.example.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The packaged shop in a production server, used by a customer, a stranger and a blocked one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShopIT {
  private static final String PAGE = "https://shop.example.com";
  private static final TestTokens TOKENS = new TestTokens();
  private static final Map<String, String> SETTINGS =
      Map.of(
          "ENVIRONMENT", "production",
          "WEBSOCKET_ALLOWED_ORIGINS", PAGE,
          "drawbridge.jwt.secret", TestTokens.SECRET,
          "drawbridge.jwt.issuer", TestTokens.ISSUER,
          "drawbridge.jwt.audience", TestTokens.AUDIENCE);

  /** What a browser says of a script's request to the page's own origin. */
  private static final String[] SCRIPT = {
    "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"
  };

  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private final CookieManager cookies = new CookieManager();
  private final HttpClient browser = HttpClient.newBuilder().cookieHandler(cookies).build();

  @BeforeAll
  void start() throws Exception {
    SETTINGS.forEach(System::setProperty);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    WebAppContext shop = new WebAppContext(System.getProperty("war"), "/shop");
    shop.setThrowUnavailableOnStartupException(true);
    server.setHandler(shop);
    server.start();
  }

  /** Each test is another visitor. */
  @AfterEach
  void forget() {
    cookies.getCookieStore().removeAll();
  }

  @AfterAll
  void stop() throws Exception {
    server.stop();
    SETTINGS.keySet().forEach(System::clearProperty);
  }

  @Test
  void aCustomerOrdersOnTheOldPageAndHearsOfItOnTheSocket() throws Exception {
    assertThat(get("/orders/").headers().firstValue("Location").orElse("")).endsWith("/shop/login");
    HttpResponse<String> stranger = get("/ws/token", SCRIPT);
    assertThat(stranger.statusCode()).isEqualTo(401);
    assertThat(stranger.body()).contains("\"code\":\"login_required\"");
    assertThat(post("/login", "login=alice&pin=1234").statusCode()).isEqualTo(302);
    String token = token();
    assertThat(get("/ws/config").body()).contains("\"sessionToken\":\"token\"");

    try (RecordingClient alice = connectWith(token, options -> {})) {
      assertThat(alice.request("name.get", null).data().get("name").asText()).isEqualTo("Alice A.");
      assertThat(post("/orders/", "item=tea").statusCode()).isEqualTo(204);

      assertThat(alice.expect("order.placed").data().get("item").asText()).isEqualTo("tea");
      assertThat(get("/orders/").body()).isEqualTo("[tea]");
      alice.leave();
    }
  }

  @Test
  void aPageOfAnotherSiteGetsNoTokenOfACustomer() throws Exception {
    assertThat(post("/login", "login=alice&pin=1234").statusCode()).isEqualTo(302);

    HttpResponse<String> framed =
        get("/ws/token", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate");
    HttpResponse<String> listed = get("/ws/token", "Origin", PAGE, "X-Requested-With", "x");

    assertThat(framed.statusCode()).isEqualTo(403);
    assertThat(framed.body()).contains("\"code\":\"same_origin_required\"");
    assertThat(listed.statusCode()).as("allowed to connect, not to ask here").isEqualTo(403);
    assertThat(refusal(() -> connect("mallory", options -> {}))).isEqualTo(403);
  }

  @Test
  void loginChangesTheIdOfTheSession() throws Exception {
    String before = post("/login", "login=alice&pin=1234").headers().firstValue("Set-Cookie").get();
    String after = post("/login", "login=alice&pin=1234").headers().firstValue("Set-Cookie").get();

    assertThat(after).startsWith("JSESSIONID=").isNotEqualTo(before);
  }

  @Test
  void strangersForeignPagesAndBlockedCustomersStayOutside() {
    assertThat(refusal(() -> RecordingClient.connect(uri("ws", "/ws"), options -> {})))
        .isEqualTo(401);
    assertThat(
            refusal(
                () ->
                    connect("alice", options -> options.header("Origin", "https://evil.example"))))
        .isEqualTo(403);
    assertThat(refusal(() -> connect("mallory", options -> {}))).isEqualTo(403);
    assertThat(refusal(() -> connect("nobody", options -> {}))).isEqualTo(401);
  }

  @Test
  void theShopsPageConnectsFromItsOwnOrigin() {
    connect("alice", options -> options.header("Origin", PAGE)).abort();
  }

  /** The README shows what was added, all of it, and nothing of the old file is gone. */
  @Test
  void theReadmeShowsTheDifferenceOfTheTwoDescriptors() throws Exception {
    String readme = Files.readString(Path.of("README.md"));
    String section = readme.substring(readme.indexOf("**`web.xml`**"));
    String diff = section.substring(section.indexOf("```diff"), section.indexOf("\n```\n"));
    String rest = Files.readString(Path.of("src/main/webapp/WEB-INF/web.xml"));

    Matcher added = Pattern.compile("(?m)(?:^\\+.*\n?)+").matcher(diff);
    int blocks = 0;
    while (added.find()) {
      String block = added.group().replaceAll("(?m)^\\+", "").strip();
      assertThat(rest).contains(block);
      rest = rest.replace(block, "");
      blocks++;
    }

    assertThat(blocks).isEqualTo(3);
    assertThat(withoutBlankLines(rest))
        .isEqualTo(withoutBlankLines(Files.readString(Path.of("before/web.xml"))));
  }

  private static List<String> withoutBlankLines(String text) {
    return text.lines().filter(line -> !line.isBlank()).toList();
  }

  private RecordingClient connect(String subject, Consumer<RecordingClient.Options> more) {
    return connectWith(TOKENS.of(subject), more);
  }

  private RecordingClient connectWith(String token, Consumer<RecordingClient.Options> more) {
    RecordingClient client =
        RecordingClient.connect(
            uri("ws", "/ws"),
            options -> {
              options.token(token).subprotocol("drawbridge.v1");
              more.accept(options);
            });
    client.expect("welcome");
    return client;
  }

  private static int refusal(Runnable attempt) {
    int[] status = new int[1];
    assertThatThrownBy(attempt::run)
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, refused -> status[0] = refused.status());
    return status[0];
  }

  private URI uri(String scheme, String path) {
    return URI.create(scheme + "://127.0.0.1:" + connector.getLocalPort() + "/shop" + path);
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri("http", path));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return browser.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** What the page's script gets with the session of the shop's login. */
  private String token() throws Exception {
    HttpResponse<String> answer = get("/ws/token", SCRIPT);
    Matcher token = Pattern.compile("\"token\":\"([\\w.-]+)\"").matcher(answer.body());
    assertThat(token.find()).as(answer.body()).isTrue();
    return token.group(1);
  }

  private HttpResponse<String> post(String path, String form) throws Exception {
    return browser.send(
        HttpRequest.newBuilder(uri("http", path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
