package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.time.Instant;

/** Limits, messages and endings of open connections. */
final class ConnectionWays extends Ways {

  ConnectionWays(MatrixServer dev, String pageOrigin) {
    super(dev, pageOrigin);
    limits();
    messages();
    endings();
  }

  // --- limits --------------------------------------------------------------------------------

  private void limits() {
    refused(
        "more connections than one user may have",
        RefusalCode.TOO_MANY_CONNECTIONS,
        page -> {
          try (MatrixServer server = start("drawbridge.connections.per.user", "1")) {
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
          try (MatrixServer server = start("drawbridge.auth.failures.per.minute", "1")) {
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
          try (MatrixServer server = production(pageOrigin)) {
            page.connect(server.url(), TOKENS.of("alice"));
            page.run("Array.from({ length: 10 }, () => lastSocket.send('no JSON')).length");
            return seen(page, server);
          }
        });
    add(
        "link that carries less than the server sends",
        "slow_consumer",
        "slow_consumer",
        "slow_consumer",
        CloseCode.SLOW_CONSUMER.fix(),
        page -> {
          // Not a page that is busy: Firefox reads on for it, without limit.
          try (Gate gate = new Gate(dev.port())) {
            page.connect(gate.socket(), TOKENS.of("alice"));
            gate.mode(Gate.Mode.HELD);
            page.run("client.send('flood')");
            MatrixServer.await(
                () -> dev.connections().list().stream().noneMatch(Connection::isOpen));
            gate.mode(Gate.Mode.OPEN);
            return seen(page, dev);
          }
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
                  start("drawbridge.heartbeat.interval", "1s", "drawbridge.heartbeat.grace", "1s");
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
          try (MatrixServer server = start("drawbridge.jwt.leeway", "0s")) {
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
          try (MatrixServer server = start()) {
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
          try (MatrixServer server = start()) {
            page.connect(server.url(), TOKENS.of("alice"));
            server.connections().drain();
            return seen(page, server);
          }
        });
    refused(
        "handshake with a server that is being drained",
        RefusalCode.DRAINING,
        page -> {
          try (MatrixServer server = start()) {
            server.connections().drain();
            page.begin(server.url(), TOKENS.of("alice"));
            return seen(page, server);
          }
        });
    // Jetty closes its sockets first, Tomcat its applications, whose close gets out.
    boolean told = dev.container() == MatrixContainer.TOMCAT;
    add(
        "server that restarts",
        told ? "the server stops" : "connection_lost",
        "",
        "",
        told ? "closed with 1001" : "closed with 1006",
        page -> {
          MatrixServer server = start();
          page.connect(server.url(), TOKENS.of("alice"));
          server.close();
          return new Way.Seen(page.error(), "");
        });
  }
}
