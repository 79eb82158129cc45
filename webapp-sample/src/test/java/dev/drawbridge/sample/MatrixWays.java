package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.message.ErrorCode;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.RefusalCode;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;

/** All the ways that the matrix tries. */
final class MatrixWays {
  private static final TestTokens TOKENS = MatrixServer.TOKENS;
  private static final String QUICK = "2s";

  private final MatrixServer dev;
  private final String pageOrigin;
  private final List<Way> ways = new ArrayList<>();

  private MatrixWays(MatrixServer dev, String pageOrigin) {
    this.dev = dev;
    this.pageOrigin = pageOrigin;
  }

  /**
   * In the order of the table.
   *
   * @param dev a good server in dev mode
   * @param pageOrigin where the page comes from
   */
  static List<Way> all(MatrixServer dev, String pageOrigin) {
    MatrixWays all = new MatrixWays(dev, pageOrigin);
    all.origins();
    all.tokens();
    all.keys();
    all.users();
    all.setUp();
    all.proxies();
    all.limits();
    all.messages();
    all.endings();
    return List.copyOf(all.ways);
  }

  private void add(
      String name, String code, String diagnosis, String log, String fix, Way.Scene scene) {
    ways.add(new Way(name, code, diagnosis, log, fix, scene));
  }

  /** A handshake that is refused with a code of the server. */
  private void refused(String name, RefusalCode code, Way.Scene scene) {
    add(name, code.word(), code.word(), code.word(), code.fix(), scene);
  }

  private static Way.Seen seen(MatrixBrowser page, MatrixServer server) {
    JsonNode error = page.error();
    return new Way.Seen(error, server.diagnosis(error.path("attempt").asText()));
  }

  private static Way.Scene handshake(MatrixServer server, Supplier<String> token) {
    return page -> {
      page.begin(server.url(), token.get());
      return seen(page, server);
    };
  }

  // --- origins -------------------------------------------------------------------------------

  private void origins() {
    refusedOrigin(
        "page of an origin that is not listed",
        page -> {
          try (MatrixServer server = MatrixServer.production("https://app.example.com")) {
            page.begin(server.url(), TOKENS.of("alice"));
            return seen(page, server);
          }
        });
    refusedOrigin(
        "sandboxed page, whose origin is `null`",
        page -> {
          page.beginSandboxed(dev.url(), TOKENS.of("alice"));
          return seen(page, dev);
        });
    refusedOrigin(
        "localhost page, server in production by oversight",
        page -> {
          try (MatrixServer server =
              MatrixServer.production("https://app.example.com", "WEBSOCKET_DEV_MODE", "true")) {
            page.begin(server.url(), TOKENS.of("alice"));
            return seen(page, server);
          }
        });
  }

  private void refusedOrigin(String name, Way.Scene scene) {
    add(
        name,
        "origin_denied",
        "origin_denied",
        "Refused: origin_denied",
        "WEBSOCKET_ALLOWED_ORIGINS",
        scene);
  }

  // --- tokens --------------------------------------------------------------------------------

  private void tokens() {
    refused("no token", RefusalCode.TOKEN_MISSING, handshake(dev, () -> null));
    add(
        "getToken fails",
        "token_unavailable",
        "",
        "",
        "getToken failed",
        page -> {
          page.beginWithoutToken(dev.url());
          return new Way.Seen(page.error(), "");
        });
    add(
        "getToken returns no token, but text",
        "token_malformed",
        "",
        "",
        "getToken returned no compact JWS",
        page -> {
          page.begin(dev.url(), "Bearer abc");
          return new Way.Seen(page.error(), "");
        });
    refused(
        "token with a header that is not JSON",
        RefusalCode.TOKEN_MALFORMED,
        handshake(dev, () -> "bm8.e30.AAAA"));
    refused(
        "token of 7000 characters",
        RefusalCode.TOKEN_TOO_LARGE,
        handshake(dev, () -> "a".repeat(6800) + ".b.c"));
    refused(
        "unsigned token (`alg: none`)",
        RefusalCode.TOKEN_ALG_NOT_ALLOWED,
        handshake(dev, () -> header("{\"alg\":\"none\"}", TOKENS.of("alice"))));
    refused(
        "token whose header names a key address (`jku`)",
        RefusalCode.TOKEN_HEADER_UNSUPPORTED,
        handshake(
            dev,
            () ->
                header(
                    "{\"alg\":\"HS256\",\"jku\":\"https://evil.example\"}", TOKENS.of("alice"))));
    refused(
        "token of another kind (`typ`)",
        RefusalCode.TOKEN_TYPE_INVALID,
        handshake(
            dev, () -> header("{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}", TOKENS.of("alice"))));
    refused(
        "token signed with another secret",
        RefusalCode.TOKEN_SIGNATURE_INVALID,
        handshake(
            dev,
            () ->
                new TestTokens(
                        "another-secret-of-a-good-length-0123456789",
                        TestTokens.ISSUER,
                        TestTokens.AUDIENCE,
                        java.time.Clock.systemUTC())
                    .of("alice")));
    refused(
        "expired token",
        RefusalCode.TOKEN_EXPIRED,
        handshake(
            dev,
            () ->
                TOKENS.of(
                    "alice", Instant.now().minusSeconds(7200), Instant.now().minusSeconds(3600))));
    refused("token without `exp`", RefusalCode.TOKEN_EXPIRY_MISSING, claims("exp", null));
    refused(
        "token for a month",
        RefusalCode.TOKEN_LIFETIME_TOO_LONG,
        claims("exp", Instant.now().plusSeconds(30L * 86_400).getEpochSecond()));
    refused(
        "issuer's clock ten minutes ahead",
        RefusalCode.TOKEN_NOT_YET_VALID,
        handshake(
            dev,
            () ->
                TOKENS.of(
                    "alice", Instant.now().plusSeconds(600), Instant.now().plusSeconds(3600))));
    refused(
        "token of another issuer",
        RefusalCode.TOKEN_ISSUER_INVALID,
        claims("iss", "https://login.example.org"));
    refused(
        "token for another audience",
        RefusalCode.TOKEN_AUDIENCE_INVALID,
        claims("aud", "another-application"));
    refused("token without `sub`", RefusalCode.TOKEN_SUBJECT_INVALID, claims("sub", null));
    refused("`exp` as text", RefusalCode.TOKEN_CLAIM_INVALID, claims("exp", "tomorrow"));
    refused(
        "revoked token",
        RefusalCode.TOKEN_REVOKED,
        page -> {
          Map<String, Object> claims = good();
          claims.put("jti", "revoked-by-the-matrix");
          dev.runtime()
              .authenticator()
              .revocations()
              .revoke("revoked-by-the-matrix", Instant.now().plusSeconds(3600));
          page.begin(dev.url(), TOKENS.sign(claims));
          return seen(page, dev);
        });
  }

  private Way.Scene claims(String name, Object value) {
    return handshake(
        dev,
        () -> {
          Map<String, Object> claims = good();
          if (value == null) {
            claims.remove(name);
          } else {
            claims.put(name, value);
          }
          return TOKENS.sign(claims);
        });
  }

  private static Map<String, Object> good() {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", TestTokens.ISSUER);
    claims.put("aud", TestTokens.AUDIENCE);
    claims.put("sub", "alice");
    claims.put("iat", Instant.now().getEpochSecond());
    claims.put("exp", Instant.now().plusSeconds(3600).getEpochSecond());
    return claims;
  }

  private static String header(String json, String token) {
    return Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(json.getBytes(java.nio.charset.StandardCharsets.UTF_8))
        + token.substring(token.indexOf('.'));
  }

  // --- keys ----------------------------------------------------------------------------------

  private void keys() {
    refused(
        "key set of another issuer",
        RefusalCode.TOKEN_KEY_UNKNOWN,
        page -> {
          Path file = Files.createTempFile("matrix", ".jwks");
          RsaJsonWebKey theirs = rsa("theirs");
          Files.writeString(file, new JsonWebKeySet(theirs).toJson());
          try (MatrixServer server =
              MatrixServer.start(
                  "drawbridge.jwt.secret", "", "drawbridge.jwt.jwks.file", file.toString())) {
            page.begin(server.url(), signed(rsa("ours")));
            JsonNode error = page.error();
            return new Way.Seen(
                error, server.diagnosis(error.path("attempt").asText(), signed(theirs)));
          } finally {
            Files.delete(file);
          }
        });
    refused(
        "key server out of reach",
        RefusalCode.KEYS_UNAVAILABLE,
        page -> {
          try (MatrixServer server =
              MatrixServer.start(
                  "drawbridge.jwt.secret",
                  "",
                  "drawbridge.jwt.jwks.url",
                  "http://127.0.0.1:" + JettyRun.freePort() + "/jwks")) {
            page.begin(server.url(), signed(rsa("ours")));
            return seen(page, server);
          }
        });
  }

  private static RsaJsonWebKey rsa(String keyId) throws Exception {
    RsaJsonWebKey key = RsaJwkGenerator.generateJwk(2048);
    key.setKeyId(keyId);
    key.setUse("sig");
    key.setAlgorithm("RS256");
    return key;
  }

  private static String signed(JsonWebKey key) throws Exception {
    JsonWebSignature signature = new JsonWebSignature();
    signature.setAlgorithmHeaderValue("RS256");
    signature.setKeyIdHeaderValue(key.getKeyId());
    signature.setPayload(
        new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(good()));
    signature.setKey(((RsaJsonWebKey) key).getPrivateKey());
    return signature.getCompactSerialization();
  }

  // --- users and their database --------------------------------------------------------------

  private void users() {
    refused(
        "user who does not exist",
        RefusalCode.USER_NOT_FOUND,
        handshake(dev, () -> TOKENS.of("nobody")));
    refused(
        "user who is disabled",
        RefusalCode.USER_DISABLED,
        handshake(dev, () -> TOKENS.of("mallory")));
    refused(
        "database down",
        RefusalCode.AUTH_UNAVAILABLE,
        page -> {
          try (MatrixDatabase database = new MatrixDatabase();
              MatrixServer server = database.server()) {
            database.stop();
            page.begin(server.url(), TOKENS.of("alice"));
            return seen(page, server);
          }
        });
    refused(
        "connection pool exhausted",
        RefusalCode.AUTH_UNAVAILABLE,
        page -> {
          try (MatrixDatabase database = new MatrixDatabase();
              MatrixServer server = database.server();
              DbSession leak = server.runtime().database().openSession()) {
            leak.begin();
            page.begin(server.url(), TOKENS.of("alice"));
            return seen(page, server);
          }
        });
  }

  /** H2 as a server of its own, so that it can go away. */
  private static final class MatrixDatabase implements AutoCloseable {
    private final org.h2.tools.Server server;
    private final String url;

    MatrixDatabase() throws Exception {
      server =
          org.h2.tools.Server.createTcpServer("-tcpPort", "0", "-ifNotExists", "-tcpDaemon")
              .start();
      url =
          "jdbc:h2:tcp://localhost:"
              + server.getPort()
              + "/mem:matrix"
              + server.getPort()
              + ";DB_CLOSE_DELAY=-1";
      Migrations.builder().url(url).mode(Mode.MIGRATE).build().run();
    }

    MatrixServer server() {
      return MatrixServer.start(
          "drawbridge.db.url",
          url,
          "drawbridge.db.pool.size",
          "1",
          "drawbridge.db.acquire.timeout",
          "250ms",
          "drawbridge.user.lookup.timeout",
          "1s");
    }

    void stop() {
      server.stop();
    }

    @Override
    public void close() {
      stop();
    }
  }

  // --- set-up --------------------------------------------------------------------------------

  private void setUp() {
    add(
        "JwtHandshakeFilter not mapped",
        RefusalCode.HANDSHAKE_FILTER_MISSING.word(),
        RefusalCode.HANDSHAKE_FILTER_MISSING.word(),
        "handshake refused: handshake_filter_missing",
        RefusalCode.HANDSHAKE_FILTER_MISSING.fix(),
        page -> {
          try (MatrixServer server =
              MatrixServer.start("/", MatrixServer.Shape.WITHOUT_TOKEN_FILTER)) {
            page.begin(server.url(), TOKENS.of("alice"));
            return seen(page, server);
          }
        });
    add(
        "JwtHandshakeFilter in front of DevCorsFilter",
        "origin_denied",
        "token_expired",
        "JwtHandshakeFilter runs before DevCorsFilter",
        "put the <filter-mapping> of DevCorsFilter, with <url-pattern>/*</url-pattern>, first in"
            + " web.xml",
        page -> {
          try (MatrixServer server =
              MatrixServer.start("/", MatrixServer.Shape.TOKEN_FILTER_FIRST)) {
            page.begin(
                server.url(),
                TOKENS.of(
                    "alice", Instant.now().minusSeconds(7200), Instant.now().minusSeconds(3600)));
            return seen(page, server);
          }
        });
    add(
        "wrong path",
        "path_wrong",
        "",
        "",
        "answered 404",
        page -> {
          page.begin(dev.url() + "s", TOKENS.of("alice"));
          return new Way.Seen(page.error(), "");
        });
    add(
        "context path forgotten",
        "path_wrong",
        "",
        "",
        "answered 404",
        page -> {
          try (MatrixServer server = MatrixServer.start("/chat", MatrixServer.Shape.GOOD);
              ProxyProcess nginx = ownOrigin(server.port())) {
            return fromItsPage(page, nginx);
          }
        });
    add(
        "dev server answers with its own HTML",
        "path_wrong",
        "",
        "",
        "/ws/config answered 200 text/html",
        page -> {
          page.begin(null, TOKENS.of("alice"));
          return new Way.Seen(page.error(), "");
        });
    add(
        "nobody listens",
        "server_unreachable",
        "",
        "",
        "No server answers at this address",
        page -> {
          page.begin("ws://127.0.0.1:" + JettyRun.freePort() + "/ws", TOKENS.of("alice"));
          return new Way.Seen(page.error(), "");
        });
    add(
        "address that is none",
        "url_invalid",
        "",
        "",
        "The browser refuses this address",
        page -> {
          page.begin("ws://[", TOKENS.of("alice"));
          return new Way.Seen(page.error(), "");
        });
  }

  // --- proxies -------------------------------------------------------------------------------

  private void proxies() {
    add(
        "nginx that was not told of upgrades",
        "upgrade_not_forwarded",
        "upgrade_required",
        "upgrade_required",
        "proxy_set_header Upgrade $http_upgrade",
        page -> {
          try (ProxyProcess nginx =
              ProxyProcess.nginx(
                  Guide.nginx().replaceAll("(?m)^.*proxy_set_header (Upgrade|Connection).*$", ""),
                  dev.port())) {
            page.begin(nginx.url(), TOKENS.of("alice"));
            return seen(page, dev);
          }
        });
    add(
        "nginx whose proxy_read_timeout is below the heartbeat",
        "connection_lost",
        "closed_1006",
        "closed_1006",
        "a proxy has cut the connection",
        page -> {
          try (ProxyProcess nginx =
              ProxyProcess.nginx(
                  Guide.nginx()
                      .replaceAll("(proxy_read_timeout|proxy_send_timeout) \\w+", "$1 " + QUICK),
                  dev.port())) {
            page.connect(nginx.url(), TOKENS.of("alice"));
            return seen(page, dev);
          }
        });
    add(
        "HAProxy whose tunnel time-out is below the heartbeat",
        "connection_lost",
        "closed_1006",
        "closed_1006",
        "a proxy has cut the connection",
        page -> {
          try (ProxyProcess haproxy =
              ProxyProcess.haproxy(
                  Guide.haproxy().replaceAll("timeout tunnel +\\w+", "timeout tunnel " + QUICK),
                  dev.port())) {
            page.connect(haproxy.url(), TOKENS.of("alice"));
            return seen(page, dev);
          }
        });
    add(
        "proxy whose server is away",
        "server_unreachable",
        "",
        "",
        "answered 502",
        page -> {
          try (ProxyProcess nginx = ownOrigin(JettyRun.freePort())) {
            return fromItsPage(page, nginx);
          }
        });
  }

  /** One address for the page and for the server's {@code /ws}, as in production. */
  private ProxyProcess ownOrigin(int server) {
    return ProxyProcess.nginx(
        Guide.nginx()
            .replace(
                "  location / {",
                "  location / { proxy_pass " + pageOrigin + "; }\n  location /ws {"),
        server);
  }

  private static Way.Seen fromItsPage(MatrixBrowser page, ProxyProcess proxy) {
    page.open(proxy.page());
    try {
      page.begin(proxy.url(), TOKENS.of("alice"));
      return new Way.Seen(page.error(), "");
    } finally {
      page.home();
    }
  }

  // --- limits --------------------------------------------------------------------------------

  private void limits() {
    refused(
        "more connections than one user may have",
        RefusalCode.TOO_MANY_CONNECTIONS,
        page -> {
          try (MatrixServer server = MatrixServer.start("drawbridge.connections.per.user", "1")) {
            page.connect(server.url(), TOKENS.of("alice"));
            page.run("window.other = client, window.client = null");
            page.begin(server.url(), TOKENS.of("alice"));
            Way.Seen seen = seen(page, server);
            page.run("other.close()");
            return seen;
          }
        });
    refused(
        "too many failed handshakes of one address",
        RefusalCode.RATE_LIMITED,
        page -> {
          try (MatrixServer server =
              MatrixServer.start("drawbridge.auth.failures.per.minute", "1")) {
            page.begin(server.url(), TOKENS.of("nobody"));
            page.error();
            page.begin(server.url(), TOKENS.of("nobody"));
            return seen(page, server);
          }
        });
  }

  // --- messages ------------------------------------------------------------------------------

  private void messages() {
    add(
        "message over the limit",
        "message_too_large",
        "message_too_large",
        "message_too_large",
        ErrorCode.MESSAGE_TOO_LARGE.fix(),
        broken("lastSocket.send(JSON.stringify({ type: 'echo', data: 'x'.repeat(70000) }))"));
    add(
        "binary message",
        "message_not_text",
        "message_not_text",
        "message_not_text",
        ErrorCode.MESSAGE_NOT_TEXT.fix(),
        broken("lastSocket.send(new Uint8Array(3))"));
    add(
        "ten invalid messages, in production",
        "too_many_invalid_messages",
        "too_many_invalid_messages",
        "too_many_invalid_messages",
        CloseCode.TOO_MANY_INVALID_MESSAGES.fix(),
        page -> {
          try (MatrixServer server = MatrixServer.production(pageOrigin)) {
            page.connect(server.url(), TOKENS.of("alice"));
            page.run("Array.from({ length: 10 }, () => lastSocket.send('no JSON')).length");
            return seen(page, server);
          }
        });
    add(
        "page that does not read as fast as the server sends",
        "slow_consumer",
        "slow_consumer",
        "slow_consumer",
        CloseCode.SLOW_CONSUMER.fix(),
        page -> {
          page.connect(dev.url(), TOKENS.of("alice"));
          page.run(
              "client.send('flood'), new Promise(next => setTimeout(() => {"
                  + "const end = Date.now() + 1000; while (Date.now() < end); next(); }, 20))");
          return seen(page, dev);
        });
  }

  private Way.Scene broken(String script) {
    return page -> {
      page.connect(dev.url(), TOKENS.of("alice"));
      page.run(script);
      return seen(page, dev);
    };
  }

  // --- endings -------------------------------------------------------------------------------

  private void endings() {
    add(
        "network that carries nothing any more (half-open)",
        "heartbeat_lost",
        "heartbeat_timeout",
        "heartbeat_timeout",
        CloseCode.HEARTBEAT_TIMEOUT.fix(),
        page -> {
          try (MatrixServer server =
                  MatrixServer.start(
                      "drawbridge.heartbeat.interval", "1s", "drawbridge.heartbeat.grace", "1s");
              Gate gate = new Gate(server.port())) {
            page.connect(gate.page().toString().replace("http", "ws") + "ws", TOKENS.of("alice"));
            gate.mode(Gate.Mode.SILENT);
            JsonNode error = page.error();
            MatrixServer.await(() -> server.connections().size() == 0);
            return new Way.Seen(error, server.diagnosis(error.path("attempt").asText()));
          }
        });
    add(
        "token that expires while connected",
        "token_expired",
        "token_expired",
        "token_expired",
        RefusalCode.TOKEN_EXPIRED.fix(),
        page -> {
          try (MatrixServer server = MatrixServer.start("drawbridge.jwt.leeway", "0s")) {
            Instant now = Instant.now();
            page.connect(server.url(), TOKENS.of("alice", now, now.plusSeconds(2)));
            return seen(page, server);
          }
        });
    add(
        "user who is disabled while connected",
        "user_disabled",
        "user_disabled",
        "user_disabled",
        RefusalCode.USER_DISABLED.fix(),
        page -> {
          try (MatrixServer server = MatrixServer.start()) {
            page.connect(server.url(), TOKENS.of("alice"));
            server.suspend("alice");
            return seen(page, server);
          }
        });
    add(
        "server that is drained",
        "draining",
        "draining",
        "",
        "closed with 1012",
        page -> {
          try (MatrixServer server = MatrixServer.start()) {
            page.connect(server.url(), TOKENS.of("alice"));
            server.connections().drain();
            return seen(page, server);
          }
        });
    refused(
        "handshake with a server that is being drained",
        RefusalCode.DRAINING,
        page -> {
          try (MatrixServer server = MatrixServer.start()) {
            server.connections().drain();
            page.begin(server.url(), TOKENS.of("alice"));
            return seen(page, server);
          }
        });
    add(
        "server that restarts",
        "connection_lost",
        "",
        "",
        "The connection was closed with 1006",
        page -> {
          MatrixServer server = MatrixServer.start();
          page.connect(server.url(), TOKENS.of("alice"));
          server.close();
          return new Way.Seen(page.error(), "");
        });
  }
}
