package dev.drawbridge.doctor.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Ways to the server: names, sockets, TLS. Used by one thread, but for {@link #abort}. */
public final class Connector {
  private static final Pattern ALERT = Pattern.compile("fatal alert: (\\w+)");

  /** Alerts about the client's certificate, of which there is none; RFC 8446 section 6.2. */
  private static final Set<String> WANTS_CERTIFICATE =
      Set.of(
          "bad_certificate",
          "certificate_required",
          "certificate_unknown",
          "no_certificate",
          "unsupported_certificate");

  private final Address address;
  private final List<X509TrustManager> authorities = new ArrayList<>();

  /** The last one that was made; null before. Written by the examining thread. */
  private volatile @Nullable Socket latest;

  private volatile boolean aborted;

  /**
   * @param caFile more authorities to trust, in PEM
   * @throws IllegalArgumentException with the rule, when it holds no certificate
   */
  public Connector(Address address, @Nullable Path caFile) {
    this.address = address;
    try {
      authorities.add(manager(null));
      if (caFile != null) {
        authorities.add(manager(store(caFile)));
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException("--ca-file must hold certificates in PEM", e);
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
  public List<InetAddress> resolve(Deadline deadline) throws Fault {
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
      throw unresolved(address.host(), String.valueOf(e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Fault("dns_timeout", "interrupted");
    }
  }

  /** No such name, or nobody who could say so: EAI_AGAIN of getaddrinfo. */
  static Fault unresolved(String host, String why) {
    return why.contains("Temporary failure in name resolution")
        ? new Fault("dns_timeout", host + " cannot be asked for now")
        : new Fault("dns_failed", host + " is not known");
  }

  /** Ends what is under way, and what would begin; by any thread. */
  public void abort() {
    aborted = true;
    close(latest);
  }

  /**
   * A connected socket.
   *
   * @throws IOException why not; {@link #reason} names it
   */
  public Socket connect(InetAddress to, Deadline deadline) throws IOException {
    Socket socket = new Socket();
    latest = socket;
    try {
      if (aborted) {
        throw new IOException("aborted");
      }
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(to, address.port()), deadline.left());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** A word for a connection that failed: {@code refused timeout unreachable failed}. */
  public static String reason(IOException failure) {
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    if (failure instanceof SocketTimeoutException || message.contains("timed out")) {
      return "timeout";
    }
    if (message.contains("refused")) {
      return "refused";
    }
    // The last two: a machine, or a container, without this family of addresses.
    boolean route =
        failure instanceof NoRouteToHostException
            || message.contains("unreachable")
            || message.contains("cannot assign requested address")
            || message.contains("address family")
            || message.contains("protocol family");
    return route ? "unreachable" : "failed";
  }

  /**
   * What TLS has agreed on.
   *
   * @param chain the server's certificates, its own first
   * @param untrusted why no authority stands behind them; null when one does
   * @param application the protocol by ALPN; empty without one
   */
  public record Secure(
      Line line,
      List<X509Certificate> chain,
      @Nullable CertificateException untrusted,
      String version,
      String application) {

    /**
     * Waits for what TLS 1.3 lets a server say behind a handshake that was well for the client:
     * that it wants a certificate.
     *
     * @throws Fault {@code tls_client_certificate}
     */
    public void listen(Deadline deadline) throws Fault {
      line.until(deadline);
      try {
        line.next();
      } catch (IOException e) {
        Fault refusal = clientCertificate(e);
        if (refusal != null) {
          throw refusal;
        }
      }
    }
  }

  /**
   * A line over TLS, whose certificates are still to be judged.
   *
   * @param applications what is offered by ALPN
   * @throws Fault {@code tls_plain tls_protocol tls_timeout tls_failed tls_client_certificate}
   */
  public Secure secure(InetAddress to, Deadline deadline, String... applications) throws Fault {
    Judge judge = new Judge();
    Asked asked = new Asked();
    @Nullable Socket plain = null;
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {asked}, new TrustManager[] {judge}, null);
      plain = connect(to, deadline);
      SSLSocket socket =
          (SSLSocket)
              context.getSocketFactory().createSocket(plain, address.host(), address.port(), true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(applications);
      if (!address.literal()) {
        // By itself Java names no host without a dot, as those of containers are.
        byte[] name = address.serverName().getBytes(StandardCharsets.US_ASCII);
        parameters.setServerNames(List.of(new SNIHostName(name)));
      }
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
    } catch (IllegalArgumentException e) {
      close(plain);
      throw new Fault("tls_failed", "the name of the host is none that TLS can ask for");
    } catch (IOException e) {
      close(plain);
      Fault fault = failed(e, deadline);
      throw asked.asked && fault.code().equals("tls_failed") ? clientCertificate() : fault;
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
    Fault refusal = clientCertificate(failure);
    if (refusal != null) {
      return refusal;
    }
    Matcher alert = ALERT.matcher(message);
    if (alert.find()) {
      return new Fault("tls_failed", "it answers with the alert " + alert.group(1));
    }
    boolean closed =
        !(failure instanceof SSLException)
            || failure.getCause() instanceof EOFException
            || failure.getCause() instanceof SocketException
            || message.contains("terminated the handshake");
    return new Fault("tls_failed", closed ? "it closes during the handshake" : Text.clean(message));
  }

  private static Fault clientCertificate() {
    return new Fault("tls_client_certificate", "it asks for one, and ends the connection without");
  }

  /** What a server says to whom it wants a certificate from; null for any other failure. */
  static @Nullable Fault clientCertificate(IOException failure) {
    Matcher alert = ALERT.matcher(String.valueOf(failure.getMessage()));
    return alert.find() && WANTS_CERTIFICATE.contains(alert.group(1)) ? clientCertificate() : null;
  }

  /** A line as the address wants it, with certificates that were judged to be good. */
  public Line open(InetAddress to, Deadline deadline) throws Fault {
    if (address.secure()) {
      Secure secure = secure(to, deadline, "http/1.1");
      try {
        Certificates.check(secure, address);
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

  /** Has no certificate, and keeps whether one was asked for. */
  private static final class Asked extends X509ExtendedKeyManager {
    private boolean asked;

    @Override
    public @Nullable String chooseClientAlias(
        String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
      asked = true;
      return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      return null;
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      return null;
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
