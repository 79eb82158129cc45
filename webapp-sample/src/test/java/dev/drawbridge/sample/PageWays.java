package dev.drawbridge.sample;

import java.net.URI;

/** Pages that may not connect, whatever the server says. */
final class PageWays extends Ways {
  private static final String FAR = "ws://server.example/ws";

  PageWays(MatrixServer dev, MatrixPages pages) {
    super(dev, pages.origin());
    add(
        "page whose Content-Security-Policy does not list the server",
        "csp_blocked",
        "",
        "",
        "Add to it: connect-src ws://",
        page -> from(pages.strictPage(), page, dev.url()));
    add(
        "page by https that connects by `ws:`",
        "mixed_content",
        "",
        "",
        "Use wss",
        page -> from(pages.securePage(), page, FAR));
  }

  private static Way.Seen from(URI address, MatrixPage page, String server) {
    page.open(address);
    try {
      page.begin(server, TOKENS.of("alice"));
      return new Way.Seen(page.error(), "");
    } finally {
      page.home();
    }
  }
}
