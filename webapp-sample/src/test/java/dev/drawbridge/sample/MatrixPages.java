package dev.drawbridge.sample;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;

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
        window.begin = ({ url, configUrls, token, fails }) => {
          window.client?.close();
          window.broken();
          window.lastAttempt = null;
          const client = (window.client = createClient({
            ...(url && { url }),
            configUrls,
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

  /** The page of this path may only connect to the server that delivers it. */
  private static final String STRICT = "/strict";

  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private final ServerConnector secure;

  MatrixPages() {
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    secure = new ServerConnector(server, certificate());
    secure.setHost("127.0.0.1");
    server.addConnector(secure);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            String origin = request.isSecure() ? secureOrigin() : origin();
            answer(Request.getPathInContext(request), origin, response, callback);
            return true;
          }
        });
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException("the pages are not served", e);
    }
  }

  private void answer(String path, String origin, Response response, Callback callback) {
    byte[] body;
    String type = "text/html; charset=utf-8";
    if (path.equals("/drawbridge/drawbridge.js")) {
      body = client();
      type = "text/javascript";
      // A page without an origin loads it too.
      response.getHeaders().put("Access-Control-Allow-Origin", "*");
    } else {
      body = PAGE.formatted(origin + "/drawbridge/drawbridge.js").getBytes(UTF_8);
      if (path.equals(STRICT)) {
        response.getHeaders().put("Content-Security-Policy", "connect-src 'self'");
      }
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

  private String secureOrigin() {
    return "https://127.0.0.1:" + secure.getLocalPort();
  }

  URI page() {
    return URI.create(origin() + "/");
  }

  /** The page under a Content-Security-Policy. */
  URI strictPage() {
    return URI.create(origin() + STRICT);
  }

  /** The page by https, with a certificate that nobody has signed. */
  URI securePage() {
    return URI.create(secureOrigin() + "/");
  }

  private static SslContextFactory.Server certificate() {
    try {
      Path folder = Files.createTempDirectory("matrix");
      Path store = folder.resolve("store.p12");
      Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
      String line =
          "-genkeypair -alias matrix -keyalg EC -dname CN=matrix -ext san=ip:127.0.0.1 -validity 2"
              + " -storetype PKCS12 -storepass matrix -keystore "
              + store;
      List<String> command = new ArrayList<>(List.of(keytool.toString()));
      command.addAll(List.of(line.split(" ")));
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor() != 0) {
        throw new IllegalStateException("keytool makes no certificate");
      }
      SslContextFactory.Server tls = new SslContextFactory.Server();
      try (InputStream in = Files.newInputStream(store)) {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(in, "matrix".toCharArray());
        tls.setKeyStore(keys);
      }
      tls.setKeyStorePassword("matrix");
      tls.setSniRequired(false);
      Files.delete(store);
      Files.delete(folder);
      return tls;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("there is no certificate", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
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
