package dev.drawbridge.endpoint;

import dev.drawbridge.testing.TcpProxy;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
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
final class TlsProxy extends TcpProxy {
  private static final String PASSWORD = "for-tests-only";

  private final SSLContext tls;

  TlsProxy(int target, Path directory) throws Exception {
    this(target, context(directory));
  }

  private TlsProxy(int target, SSLContext tls) throws IOException {
    super(
        tls.getServerSocketFactory().createServerSocket(0, 5, InetAddress.getLoopbackAddress()),
        target);
    this.tls = tls;
  }

  private static SSLContext context(Path directory) throws Exception {
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
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }

  /** Trusts this proxy alone. */
  SSLContext context() {
    return tls;
  }

  @Override
  protected void begin(InputStream client, OutputStream server) throws IOException {
    StringBuilder line = new StringBuilder();
    int b = client.read();
    while (b >= 0 && b != '\n') {
      line.append((char) b);
      b = client.read();
    }
    line.append("\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.7\r\n");
    line.append("X-Forwarded-Host: chat.example.org\r\n");
    server.write(line.toString().getBytes(StandardCharsets.ISO_8859_1));
  }
}
