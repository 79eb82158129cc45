package dev.drawbridge.doctor;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Ways to the server: names, sockets, TLS. Used by one thread. */
final class Connector {
  private final Address address;
  private final List<X509TrustManager> authorities = new ArrayList<>();

  /**
   * @param caFile more authorities to trust, in PEM
   * @throws Options.UsageException when it holds no certificate
   */
  Connector(Address address, @Nullable Path caFile) throws Options.UsageException {
    this.address = address;
    try {
      authorities.add(manager(null));
      if (caFile != null) {
        authorities.add(manager(store(caFile)));
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new Options.UsageException("--ca-file must hold certificates in PEM");
    }
  }

  private static KeyStore store(Path file) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(file)) {
      int count = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca" + count++, each);
      }
      if (count == 0) {
        throw new CertificateException("no certificate");
      }
    }
    return store;
  }

  private static X509TrustManager manager(@Nullable KeyStore store)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    for (TrustManager each : factory.getTrustManagers()) {
      if (each instanceof X509TrustManager manager) {
        return manager;
      }
    }
    throw new GeneralSecurityException("no trust manager");
  }

  /**
   * @throws Fault {@code dns_failed}, {@code dns_timeout}
   */
  List<InetAddress> resolve(Deadline deadline) throws Fault {
    FutureTask<InetAddress[]> asked =
        new FutureTask<>(() -> InetAddress.getAllByName(address.host()));
    Thread asking = new Thread(asked, "drawbridge-doctor-dns");
    asking.setDaemon(true);
    asking.start();
    try {
      return List.of(asked.get(deadline.left(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      throw new Fault("dns_timeout", address.host() + " is not answered for");
    } catch (ExecutionException e) {
      throw new Fault(
          "dns_failed",
          e.getCause() instanceof UnknownHostException
              ? address.host() + " is not known"
              : address.host() + " cannot be asked for");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Fault("dns_timeout", "interrupted");
    }
  }

  /**
   * A connected socket.
   *
   * @throws IOException why not; {@link #reason} names it
   */
  Socket connect(InetAddress to, Deadline deadline) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(to, address.port()), deadline.left());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** A word for a connection that failed: {@code refused timeout unreachable failed}. */
  static String reason(IOException failure) {
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    if (failure instanceof SocketTimeoutException || message.contains("timed out")) {
      return "timeout";
    }
    if (message.contains("refused")) {
      return "refused";
    }
    boolean route =
        failure instanceof java.net.NoRouteToHostException || message.contains("unreachable");
    return route ? "unreachable" : "failed";
  }

  /**
   * What TLS has agreed on.
   *
   * @param chain the server's certificates, its own first
   * @param untrusted why no authority stands behind them; null when one does
   * @param application the protocol by ALPN; empty without one
   */
  record Secure(
      Line line,
      List<X509Certificate> chain,
      @Nullable CertificateException untrusted,
      String version,
      String application) {}

  /**
   * A line over TLS, whose certificates are still to be judged.
   *
   * @param applications what is offered by ALPN
   * @throws Fault {@code tls_plain tls_protocol tls_timeout tls_failed}
   */
  Secure secure(InetAddress to, Deadline deadline, String... applications) throws Fault {
    Judge judge = new Judge();
    @Nullable Socket plain = null;
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {judge}, null);
      plain = connect(to, deadline);
      SSLSocket socket =
          (SSLSocket)
              context.getSocketFactory().createSocket(plain, address.host(), address.port(), true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(applications);
      socket.setSSLParameters(parameters);
      socket.setSoTimeout(deadline.left());
      Line line = new Line(socket, deadline);
      try {
        socket.startHandshake();
      } catch (IOException e) {
        line.close();
        throw e;
      }
      String application = socket.getApplicationProtocol();
      return new Secure(
          line,
          judge.chain,
          judge.untrusted,
          socket.getSession().getProtocol(),
          application == null ? "" : application);
    } catch (GeneralSecurityException e) {
      throw new Fault("tls_failed", "TLS is not at hand here");
    } catch (IOException e) {
      close(plain);
      throw failed(e, deadline);
    }
  }

  private static Fault failed(IOException failure, Deadline deadline) {
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof SocketTimeoutException || deadline.passed()) {
      return new Fault("tls_timeout", "nothing of TLS came");
    }
    if (message.contains("Unsupported or unrecognized SSL message")
        || message.contains("plaintext connection")) {
      return new Fault("tls_plain", "it answers without TLS");
    }
    if (message.contains("protocol_version") || message.contains("protocol version")) {
      return new Fault("tls_protocol", "it speaks versions of TLS that are too old");
    }
    if (failure instanceof EOFException || message.contains("terminated the handshake")) {
      return new Fault("tls_failed", "it closes during the handshake");
    }
    return new Fault(
        "tls_failed",
        failure instanceof SSLException ? Text.clean(message) : "it cuts the handshake");
  }

  /** A line as the address wants it, with certificates that were judged to be good. */
  Line open(InetAddress to, Deadline deadline) throws Fault {
    if (address.secure()) {
      Secure secure = secure(to, deadline, "http/1.1");
      try {
        Certificates.check(secure, address.host());
      } catch (Fault e) {
        secure.line().close();
        throw e;
      }
      return secure.line();
    }
    try {
      return new Line(connect(to, deadline), deadline);
    } catch (IOException e) {
      throw new Fault("tcp_" + reason(e).replace("failed", "unreachable"), "the port is gone");
    }
  }

  private static void close(@Nullable Socket socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      // It is closed then.
    }
  }

  /** Lets the handshake go on, and keeps what is wrong. */
  private final class Judge implements X509TrustManager {
    private List<X509Certificate> chain = List.of();
    private @Nullable CertificateException untrusted;

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type) {
      chain = List.of(certificates);
      for (X509TrustManager authority : authorities) {
        try {
          authority.checkServerTrusted(certificates, type);
          untrusted = null;
          return;
        } catch (CertificateException e) {
          untrusted = e;
        }
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type)
        throws CertificateException {
      throw new CertificateException("no server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
