package dev.drawbridge.sample;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * What a dev server does: delivers the client, and answers every other path with the one page. It
 * knows nothing of WebSockets.
 */
final class MatrixPages implements AutoCloseable {
  /** Runs the real client and keeps what it says; {@code %s} is the client's address. */
  private static final String PAGE =
      """
      <!doctype html>
      <title>matrix</title>
      <script type="module">
        import { createClient } from '%s';
        const Native = WebSocket;
        window.WebSocket = class extends Native {
          constructor(address, protocols) {
            super(address, protocols);
            window.lastSocket = this;
            window.lastAttempt = new URL(address).searchParams.get('attempt');
          }
        };
        window.begin = ({ url, token, fails }) => {
          window.client?.close();
          window.broken();
          window.lastAttempt = null;
          const client = (window.client = createClient({
            ...(url && { url }),
            getToken: async () => {
              if (fails) throw new Error('no token today');
              return token ?? null;
            },
            logger: { error() {} },
          }));
          client.subscribe(() => {
            const { error } = client.getSnapshot();
            if (error && !window.seen) {
              const { code, title, action, hint, stage, requestId, closeCode, message } = error;
              window.seen = { code, title, action, hint, stage, requestId, closeCode, message };
              window.seen.ms = Math.round(performance.now() - window.since);
              window.seen.attempt = window.lastAttempt;
            }
          });
          client.connect();
        };
        window.broken = () => {
          window.since = performance.now();
          window.seen = null;
        };
        window.sandboxed = (options) =>
          new Promise((done) => {
            const frame = document.createElement('iframe');
            frame.sandbox = 'allow-scripts';
            onmessage = ({ data }) => {
              frame.remove();
              window.seen = data;
              done();
            };
            const page = document.documentElement.outerHTML;
            frame.srcdoc =
              page +
              '<script type="module">begin(' +
              JSON.stringify(options) +
              ');const timer=setInterval(()=>{if(window.seen){clearInterval(timer);' +
              'parent.postMessage(window.seen,"*")}},10)<' +
              '/script>';
            document.body.append(frame);
          });
        window.ready = true;
      </script>
      <body></body>
      """;

  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);

  MatrixPages() {
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            answer(Request.getPathInContext(request), response, callback);
            return true;
          }
        });
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException("the pages are not served", e);
    }
  }

  private void answer(String path, Response response, Callback callback) {
    byte[] body;
    String type = "text/html; charset=utf-8";
    if (path.equals("/drawbridge/drawbridge.js")) {
      body = client();
      type = "text/javascript";
      // A page without an origin loads it too.
      response.getHeaders().put("Access-Control-Allow-Origin", "*");
    } else {
      body = PAGE.formatted(origin() + "/drawbridge/drawbridge.js").getBytes(UTF_8);
    }
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    response.write(true, ByteBuffer.wrap(body), callback);
  }

  private static byte[] client() {
    try (InputStream in =
        MatrixPages.class.getResourceAsStream("/META-INF/resources/drawbridge/drawbridge.js")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String origin() {
    return "http://127.0.0.1:" + connector.getLocalPort();
  }

  URI page() {
    return URI.create(origin() + "/");
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the pages do not stop", e);
    }
  }
}
