package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Collects ways to break a connection. */
abstract class Ways {
  static final TestTokens TOKENS = MatrixServer.TOKENS;

  /** A good server in dev mode. */
  final MatrixServer dev;

  /** Where the page comes from. */
  final String pageOrigin;

  private final List<Way> ways = new ArrayList<>();

  Ways(MatrixServer dev, String pageOrigin) {
    this.dev = dev;
    this.pageOrigin = pageOrigin;
  }

  /** All ways, in the order of the table; each in the container of the first server. */
  static List<Way> all(MatrixServer dev, MatrixPages pages) {
    String pageOrigin = pages.origin();
    List<Way> all = new ArrayList<>();
    all.addAll(new TokenWays(dev, pageOrigin).ways());
    all.addAll(new ServerWays(dev, pageOrigin).ways());
    all.addAll(new PageWays(dev, pages).ways());
    all.addAll(new ConnectionWays(dev, pageOrigin).ways());
    return all;
  }

  final List<Way> ways() {
    return ways;
  }

  final void add(
      String name, String code, String diagnosis, String log, String fix, Way.Scene scene) {
    ways.add(new Way(name, code, diagnosis, log, fix, scene));
  }

  /** A handshake that is refused with a code of the server. */
  final void refused(String name, RefusalCode code, Way.Scene scene) {
    add(name, code.word(), code.word(), code.word(), code.fix(), scene);
  }

  /** One more server in dev mode. */
  final MatrixServer start(String... settings) {
    return MatrixServer.start(dev.container(), settings);
  }

  final MatrixServer start(String contextPath, MatrixServer.Shape shape, String... settings) {
    return MatrixServer.start(dev.container(), contextPath, shape, settings);
  }

  /** One more server in production. */
  final MatrixServer production(String origin, String... settings) {
    return MatrixServer.production(dev.container(), origin, settings);
  }

  static Way.Seen seen(MatrixPage page, MatrixServer server) {
    JsonNode error = page.error();
    return new Way.Seen(error, server.diagnosis(error.path("attempt").asText()));
  }

  /** After a proxy has cut the connection: the page may see that before the server does. */
  static Way.Seen cut(MatrixPage page, MatrixServer server) {
    JsonNode error = page.error();
    String attempt = error.path("attempt").asText();
    MatrixServer.await(
        () ->
            server
                .runtime()
                .attempts()
                .find(attempt)
                .filter(each -> !each.code().equals(Attempt.OK))
                .isPresent());
    return new Way.Seen(error, server.diagnosis(attempt));
  }

  static Way.Scene handshake(MatrixServer server, Supplier<String> token) {
    return page -> {
      page.begin(server.url(), token.get());
      return seen(page, server);
    };
  }
}
