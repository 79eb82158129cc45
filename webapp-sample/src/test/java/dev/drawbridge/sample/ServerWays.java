package dev.drawbridge.sample;

import dev.drawbridge.db.DbSession;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testing.Ports;
import dev.drawbridge.testing.ProxyProcess;
import java.time.Instant;

/** Users, databases, set-ups and proxies that stand in the way. */
final class ServerWays extends Ways {
  private static final String QUICK = "2s";

  ServerWays(MatrixServer dev, String pageOrigin) {
    super(dev, pageOrigin);
    users();
    setUp();
    proxies();
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
  private final class MatrixDatabase implements AutoCloseable {
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
      return start(
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
          try (MatrixServer server = start("/", MatrixServer.Shape.WITHOUT_TOKEN_FILTER)) {
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
          try (MatrixServer server = start("/", MatrixServer.Shape.TOKEN_FILTER_FIRST)) {
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
          try (MatrixServer server = start("/chat", MatrixServer.Shape.GOOD);
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
        "server unreachable",
        page -> {
          page.begin("ws://127.0.0.1:" + Ports.free() + "/ws", TOKENS.of("alice"));
          return new Way.Seen(page.error(), "");
        });
    add(
        "address that is none",
        "url_invalid",
        "",
        "",
        "url invalid",
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
            return cut(page, dev);
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
            return cut(page, dev);
          }
        });
    add(
        "proxy whose server is away",
        "server_unreachable",
        "",
        "",
        "answered 502",
        page -> {
          try (ProxyProcess nginx = ownOrigin(Ports.free())) {
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

  private static Way.Seen fromItsPage(MatrixPage page, ProxyProcess proxy) {
    page.open(proxy.page());
    try {
      page.begin(proxy.url(), TOKENS.of("alice"));
      return new Way.Seen(page.error(), "");
    } finally {
      page.home();
    }
  }
}
