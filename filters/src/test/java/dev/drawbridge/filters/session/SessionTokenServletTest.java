package dev.drawbridge.filters.session;

import static dev.drawbridge.filters.session.SessionServer.SCRIPT;
import static dev.drawbridge.filters.session.SessionServer.code;
import static dev.drawbridge.filters.session.SessionServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.session.SessionServer.Visitor;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.net.http.HttpResponse;
import java.security.Principal;
import java.util.Base64;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is logged in by the application gets a token, and nobody else. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SessionTokenServletTest {
  private SessionServer server;

  @BeforeAll
  void start() throws Exception {
    server =
        new SessionServer(SessionServer.production("drawbridge.session.token.attribute", "user"))
            .start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private static JsonNode claims(String token) throws Exception {
    return SessionServer.JSON.readTree(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]));
  }

  @Test
  void tokenOfTheSessionOpensTheWebSocket() throws Exception {
    Visitor alice = server.visitor();
    alice.logsInAs("alice");

    HttpResponse<String> answer = alice.asks(SCRIPT);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type"))
        .hasValueSatisfying(
            type -> assertThat(type).isEqualToIgnoringCase("application/json;charset=utf-8"));
    String token = json(answer).get("token").asText();
    JsonNode claims = claims(token);
    assertThat(claims.get("sub").asText()).isEqualTo("alice");
    assertThat(claims.get("iss").asText()).isEqualTo(SessionServer.ISSUER);
    assertThat(claims.get("aud").asText()).isEqualTo(SessionServer.AUDIENCE);
    assertThat(claims.get("exp").asLong() - claims.get("iat").asLong()).isEqualTo(60);
    assertThat(json(answer).get("expiresAt").asLong()).isEqualTo(claims.get("exp").asLong() * 1000);
    assertThat(server.handshake(token)).isEqualTo("101");
  }

  @Test
  void eachTokenHasAnIdOfItsOwn() throws Exception {
    Visitor alice = server.visitor();
    alice.logsInAs("alice");
    Set<String> ids = new LinkedHashSet<>();

    for (int i = 0; i < 3; i++) {
      ids.add(claims(alice.token()).get("jti").asText());
    }

    assertThat(ids).hasSize(3);
  }

  @Test
  void strangersGetLoginRequiredAndNoSession() throws Exception {
    HttpResponse<String> answer = server.visitor().asks(SCRIPT);

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(code(answer)).isEqualTo("login_required");
    assertThat(json(answer).get("action").asText()).isEqualTo("login");
    assertThat(json(answer).get("retryable").asBoolean()).isFalse();
    assertThat(json(answer).has("hint")).as("production").isFalse();
    assertThat(answer.headers().firstValue("WWW-Authenticate"))
        .contains("Bearer realm=\"drawbridge\"");
    assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
  }

  @Test
  void strangerWithASessionGetsLoginRequired() throws Exception {
    Visitor stranger = server.visitor();
    stranger.does(HttpServletRequest::getSession);

    assertThat(code(stranger.asks(SCRIPT))).isEqualTo("login_required");
    stranger.logsInAs("");
    assertThat(code(stranger.asks(SCRIPT)))
        .as("a blank name is nobody's")
        .isEqualTo("login_required");
  }

  @Test
  void nobodyKeepsOrShowsAnAnswer() throws Exception {
    Visitor alice = server.visitor();
    alice.logsInAs("alice");

    for (HttpResponse<String> answer :
        List.of(
            alice.asks(SCRIPT),
            alice.asks("Sec-Fetch-Site", "cross-site"),
            alice.send("POST", "/ws/token"),
            server.visitor().asks(SCRIPT))) {
      assertThat(answer.headers().allValues("Cache-Control")).containsExactly("no-store");
      assertThat(String.join(", ", answer.headers().allValues("Vary")))
          .contains("Cookie", "Origin", "Sec-Fetch-Site", "X-Requested-With");
      assertThat(answer.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
      assertThat(answer.headers().firstValue("X-Frame-Options")).contains("DENY");
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
          .contains("frame-ancestors 'none'");
      assertThat(answer.headers().firstValue("Cross-Origin-Resource-Policy"))
          .contains("same-origin");
      assertThat(answer.headers().firstValue("X-Request-Id")).isPresent();
      assertThat(answer.headers().firstValue("ETag")).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"})
  void everyMethodButGetIsRefusedAndEchoesNothing(String method) throws Exception {
    Visitor alice = server.visitor();
    alice.logsInAs("alice");

    HttpResponse<String> answer = alice.send(method, "/ws/token", SCRIPT);

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("Allow")).contains("GET");
    assertThat(answer.headers().map().keySet())
        .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).startsWith("access-control"));
    assertThat(answer.body()).doesNotContain("JSESSIONID", "Cookie", "eyJ");
    if (!method.equals("HEAD")) {
      assertThat(code(answer)).isEqualTo("method_not_allowed");
    }
  }

  @Test
  void tokenDoesNotBuyAnother() throws Exception {
    Visitor alice = server.visitor();
    alice.logsInAs("alice");
    String token = alice.token();
    String[] asked = new String[SCRIPT.length + 2];
    System.arraycopy(SCRIPT, 0, asked, 0, SCRIPT.length);
    asked[SCRIPT.length] = "Authorization";

    for (String line : List.of("Bearer " + token, "bearer x", "Bearer")) {
      asked[SCRIPT.length + 1] = line;
      assertThat(code(alice.asks(asked))).as(line).isEqualTo("credentials_ambiguous");
    }
    asked[SCRIPT.length + 1] = "Basic eDp5";
    assertThat(code(alice.asks(asked))).as("of a proxy").isEqualTo("ok");
  }

  @Test
  void sessionOfTheAddressGetsNoToken() throws Exception {
    Visitor alice = server.visitor();
    alice.logsInAs("alice");
    String[] id = new String[1];
    alice.does(request -> id[0] = request.getSession().getId());

    HttpResponse<String> linked =
        server.visitor().send("GET", "/ws/token;jsessionid=" + id[0], SCRIPT);
    HttpResponse<String> made = server.visitor().send("GET", "/ws/token;jsessionid=x", SCRIPT);
    HttpResponse<String> both = alice.send("GET", "/ws/token;jsessionid=" + id[0], SCRIPT);

    assertThat(linked.statusCode()).isEqualTo(400);
    assertThat(code(linked)).isEqualTo("session_id_in_url");
    assertThat(linked.body()).doesNotContain(id[0], "eyJ");
    assertThat(code(made)).isEqualTo("session_id_in_url");
    assertThat(code(both)).as("the cookie decides").isEqualTo("ok");
  }

  @Test
  void userWhoIsDisabledIsRefusedByTheHandshake() throws Exception {
    Visitor mallory = server.visitor();
    server.users.put("mallory", User.builder("mallory").status(User.Status.SUSPENDED).build());
    mallory.logsInAs("mallory");

    assertThat(server.handshake(mallory.token())).isEqualTo("user_disabled");
  }

  /** Like the wrapper that Spring Security puts around each request. */
  private static final class WithPrincipal extends HttpServletRequestWrapper {
    private final String name;

    WithPrincipal(HttpServletRequest request, String name) {
      super(request);
      this.name = name;
    }

    @Override
    public Principal getUserPrincipal() {
      return name == null || name.startsWith("remote:") ? null : () -> name;
    }

    @Override
    public String getRemoteUser() {
      return name == null ? null : name.replace("remote:", "");
    }
  }

  private static FilterHolder principal() {
    Filter filter =
        (request, response, chain) -> {
          HttpServletRequest http = (HttpServletRequest) request;
          chain.doFilter(new WithPrincipal(http, http.getHeader("X-Test-User")), response);
        };
    return new FilterHolder(filter);
  }

  @Test
  void principalOfASecurityFilterIsTheUser() throws Exception {
    try (SessionServer secured = new SessionServer(SessionServer.production())) {
      secured.context.addFilter(principal(), "/*", EnumSet.of(DispatcherType.REQUEST));
      secured.start();

      HttpResponse<String> named = asked(secured, "alice");
      HttpResponse<String> remote = asked(secured, "remote:bob");

      assertThat(claims(json(named).get("token").asText()).get("sub").asText()).isEqualTo("alice");
      assertThat(secured.handshake(json(named).get("token").asText())).isEqualTo("101");
      assertThat(claims(json(remote).get("token").asText()).get("sub").asText()).isEqualTo("bob");
      assertThat(named.headers().firstValue("Set-Cookie")).as("no session").isEmpty();
      assertThat(code(asked(secured, null))).isEqualTo("login_required");
      assertThat(asked(secured, "x".repeat(256)).statusCode()).isEqualTo(500);
    }
  }

  private static HttpResponse<String> asked(SessionServer server, String user) throws Exception {
    List<String> headers = new java.util.ArrayList<>(List.of(SCRIPT));
    if (user != null) {
      headers.addAll(List.of("X-Test-User", user));
    }
    return server.visitor().asks(headers.toArray(new String[0]));
  }

  @Test
  void functionOfTheApplicationDecidesAlone() throws Exception {
    SessionUser function =
        request -> {
          String name = request.getHeader("X-Test-User");
          if ("broken".equals(name)) {
            throw new IllegalStateException("the secret of the application");
          }
          return name;
        };
    SessionServer byAttribute =
        new SessionServer(SessionServer.production("drawbridge.session.token.attribute", "user"));
    byAttribute.context.setAttribute(SessionUser.class.getName(), function);
    SessionServer byConstructor =
        new SessionServer(SessionServer.production(), new SessionTokenServlet(function));
    for (SessionServer each : List.of(byAttribute, byConstructor)) {
      try (each) {
        each.start();

        assertThat(code(asked(each, "alice"))).isEqualTo("ok");
        assertThat(code(asked(each, null))).isEqualTo("login_required");
        HttpResponse<String> broken = asked(each, "broken");
        assertThat(broken.statusCode()).isEqualTo(500);
        assertThat(code(broken)).isEqualTo("internal");
        assertThat(broken.body()).doesNotContain("secret of the application");
      }
    }
  }

  /** What an application keeps in its session. */
  public record Customer(Account account) {}

  /** With a getter. */
  public static final class Account {
    public String getLogin() {
      return "alice";
    }
  }

  @Test
  void userIsFoundInsideOfAnObjectOfTheSession() throws Exception {
    try (SessionServer shop =
        new SessionServer(
                SessionServer.development(
                    "drawbridge.session.token.attribute", "user",
                    "drawbridge.session.token.property", "account.login"))
            .start()) {
      Visitor alice = shop.visitor();
      alice.logsInAs(new Customer(new Account()));
      Visitor other = shop.visitor();
      other.logsInAs("alice");

      assertThat(shop.handshake(alice.token())).isEqualTo("101");
      HttpResponse<String> answer = other.asks(SCRIPT);
      assertThat(answer.statusCode()).isEqualTo(500);
      assertThat(json(answer).get("hint").asText())
          .contains("java.lang.String has no public getter or accessor of the name account");
    }
  }

  @Test
  void developmentSaysFromWhereNoUserComes() throws Exception {
    try (SessionServer shop = new SessionServer(SessionServer.development()).start()) {
      JsonNode answer = json(shop.visitor().asks(SCRIPT));

      assertThat(answer.get("hint").asText())
          .isEqualTo("no user comes from the request's principal");
    }
  }
}
