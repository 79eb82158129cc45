package dev.drawbridge.endpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Ends TLS before a server, as a reverse proxy does: adds the headers that say so to the first
 * request of each connection, and then passes bytes.
 */
final class TlsProxy implements AutoCloseable {
  private static final String PASSWORD = "for-tests-only";

  private final SSLContext tls;
  private final ServerSocket listening;
  private final int target;

  TlsProxy(int target, Path directory) throws Exception {
    this.target = target;
    Path file = directory.resolve("proxy.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "proxy",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.waitFor() != 0) {
      throw new IOException(output);
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, PASSWORD.toCharArray());
    TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
    KeyStore certificates = KeyStore.getInstance("PKCS12");
    certificates.load(null, null);
    certificates.setCertificateEntry("proxy", store.getCertificate("proxy"));
    trusted.init(certificates);
    tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
    listening =
        tls.getServerSocketFactory().createServerSocket(0, 5, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** Trusts this proxy alone. */
  SSLContext context() {
    return tls;
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }

  private void accept() {
    try {
      while (true) {
        Socket near = listening.accept();
        start(() -> serve(near));
      }
    } catch (IOException e) {
      // The test has ended.
    }
  }

  private void serve(Socket near) {
    try (near;
        Socket far = new Socket(InetAddress.getLoopbackAddress(), target)) {
      StringBuilder line = new StringBuilder();
      int b = near.getInputStream().read();
      while (b >= 0 && b != '\n') {
        line.append((char) b);
        b = near.getInputStream().read();
      }
      line.append("\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.7\r\n");
      line.append("X-Forwarded-Host: chat.example.org\r\n");
      far.getOutputStream().write(line.toString().getBytes(StandardCharsets.ISO_8859_1));
      start(() -> copy(far, near));
      copy(near, far);
    } catch (IOException e) {
      // One side is gone.
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[8192];
      int length = in.read(buffer);
      while (length >= 0) {
        out.write(buffer, 0, length);
        out.flush();
        length = in.read(buffer);
      }
    } catch (IOException e) {
      // One side is gone.
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "tls-proxy");
    thread.setDaemon(true);
    thread.start();
  }
}
