package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.EngineException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;

/**
 * Where the server is and how one speaks to it: {@code redis://host:port/database}, {@code
 * rediss://} with TLS, {@code redis+sentinel://host:port,host:port/primary} and {@code
 * rediss+sentinel://}. Never shows a password. Immutable.
 */
final class RedisAddress {
  private static final int PORT = 6379;
  private static final int SENTINEL_PORT = 26379;

  /** Together under the 2 s that a call may take. */
  static final int CONNECT_MILLIS = 700;

  static final int ANSWER_MILLIS = 1_200;

  private final List<HostAndPort> hosts;
  private final @Nullable String primary;
  private final int database;
  private final @Nullable SslOptions tls;
  private final @Nullable String user;
  private final Password password;

  /** Gives the password for one connection, null for none. */
  @FunctionalInterface
  interface Password {
    @Nullable String get() throws EngineException;
  }

  /** An address alone. */
  RedisAddress(String url) {
    this(url, null, () -> null);
  }

  /**
   * Reads the settings.
   *
   * @param url as above, and {@code ?ca=/path/of.pem} for certificates that the server's may be
   *     signed by instead of Java's own; a user and password in it count where none is given beside
   *     it
   * @param user of an access control list, null for the default one
   * @throws IllegalArgumentException if one of them breaks its rule; names no secret
   */
  RedisAddress(String url, @Nullable String user, Password password) {
    String scheme = url.replaceFirst(":.*", "").toLowerCase(Locale.ROOT);
    if (!scheme.matches("rediss?(\\+sentinel)?") || !url.contains("://")) {
      throw new IllegalArgumentException(
          "DRAWBRIDGE_CLUSTER_URL must begin with redis://, rediss://, redis+sentinel:// or"
              + " rediss+sentinel://");
    }
    boolean sentinel = scheme.endsWith("+sentinel");
    String rest = url.substring(url.indexOf("://") + 3);
    int at = rest.lastIndexOf('@');
    String userInfo = at < 0 ? null : rest.substring(0, at);
    rest = rest.substring(at + 1);
    int question = rest.indexOf('?');
    String query = question < 0 ? "" : rest.substring(question + 1);
    rest = question < 0 ? rest : rest.substring(0, question);
    int slash = rest.indexOf('/');
    String path = slash < 0 ? "" : rest.substring(slash + 1);
    this.hosts = hosts(slash < 0 ? rest : rest.substring(0, slash), sentinel);
    this.primary = sentinel ? primary(path) : null;
    this.database = sentinel ? 0 : database(path);
    this.user = user != null ? user : userOf(userInfo);
    String ofUrl = passwordOf(userInfo);
    this.password =
        () -> {
          String given = password.get();
          return given == null ? ofUrl : given;
        };
    Path caFile = caFile(query);
    this.tls = scheme.startsWith("rediss") ? tls(caFile) : null;
    if (caFile != null && tls == null) {
      throw new IllegalArgumentException(
          "?ca= in DRAWBRIDGE_CLUSTER_URL is of use with rediss:// alone, and this has no TLS");
    }
  }

  private static @Nullable Path caFile(String query) {
    if (query.isEmpty()) {
      return null;
    }
    if (!query.startsWith("ca=") || query.indexOf('&') >= 0) {
      throw new IllegalArgumentException(
          "the query of DRAWBRIDGE_CLUSTER_URL may be ca=/path/of.pem alone");
    }
    return Path.of(decoded(query.substring("ca=".length())));
  }

  private static List<HostAndPort> hosts(String text, boolean several) {
    List<HostAndPort> hosts = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      URI uri;
      try {
        uri = URI.create("redis://" + one);
      } catch (IllegalArgumentException e) {
        throw noHost(e);
      }
      if (uri.getHost() == null) {
        throw noHost(null);
      }
      int standard = several ? SENTINEL_PORT : PORT;
      hosts.add(
          new HostAndPort(
              unbracketed(uri.getHost()), uri.getPort() < 0 ? standard : uri.getPort()));
    }
    if (hosts.size() > 1 && !several) {
      throw new IllegalArgumentException(
          "DRAWBRIDGE_CLUSTER_URL must name one host; for several sentinels begin with"
              + " redis+sentinel://");
    }
    return List.copyOf(hosts);
  }

  private static String unbracketed(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static IllegalArgumentException noHost(@Nullable Exception cause) {
    // The text may hold a password with a character that wants to be escaped.
    return new IllegalArgumentException(
        "DRAWBRIDGE_CLUSTER_URL must name host:port, and special characters of a password must be"
            + " escaped by %; better give it by DRAWBRIDGE_CLUSTER_PASSWORD",
        cause == null ? null : new IllegalArgumentException("not a host"));
  }

  private static String primary(String path) {
    if (path.isEmpty()) {
      throw new IllegalArgumentException(
          "redis+sentinel:// must name the primary: redis+sentinel://host:26379/mymaster");
    }
    return path;
  }

  private static int database(String path) {
    if (path.isEmpty()) {
      return 0;
    }
    if (!path.matches("[0-9]{1,4}")) {
      throw new IllegalArgumentException(
          "what follows host:port/ in DRAWBRIDGE_CLUSTER_URL must be the number of a database: "
              + path);
    }
    return Integer.parseInt(path);
  }

  private static @Nullable String userOf(@Nullable String userInfo) {
    String user = userInfo == null ? "" : userInfo.replaceFirst(":.*", "");
    return user.isEmpty() ? null : decoded(user);
  }

  private static @Nullable String passwordOf(@Nullable String userInfo) {
    int colon = userInfo == null ? -1 : userInfo.indexOf(':');
    return userInfo == null || colon < 0 ? null : decoded(userInfo.substring(colon + 1));
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw noHost(e);
    }
  }

  private static SslOptions tls(@Nullable Path caFile) {
    if (caFile == null) {
      return SslOptions.builder().sslVerifyMode(SslVerifyMode.FULL).build();
    }
    // Nothing in it is secret; the library wants a store with a password.
    char[] password = "certificates".toCharArray();
    ByteArrayOutputStream store = new ByteArrayOutputStream();
    try (InputStream in = Files.newInputStream(caFile)) {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      int number = 0;
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("ca" + number++, one);
      }
      if (number == 0) {
        throw new IllegalArgumentException("the CA file must hold certificates in PEM: " + caFile);
      }
      trusted.store(store, password);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "the CA file must be readable and hold certificates in PEM: " + caFile, e);
    }
    byte[] bytes = store.toByteArray();
    return SslOptions.builder()
        .trustStoreType("PKCS12")
        .truststore(() -> new ByteArrayInputStream(bytes), password)
        .sslVerifyMode(SslVerifyMode.FULL)
        .build();
  }

  boolean hasSentinels() {
    return primary != null;
  }

  /** The one host, or the sentinels. */
  List<HostAndPort> hosts() {
    return hosts;
  }

  /** What the sentinels call the primary. */
  String primary() {
    if (primary == null) {
      throw new IllegalStateException("there are no sentinels");
    }
    return primary;
  }

  /**
   * How one speaks to the server.
   *
   * @param answerMillis longest wait for an answer
   */
  JedisClientConfig config(int answerMillis) throws EngineException {
    DefaultJedisClientConfig.Builder config = plain(answerMillis).database(database);
    if (user != null) {
      config.user(user);
    }
    String secret = password.get();
    if (secret != null) {
      config.password(secret);
    }
    return config.build();
  }

  /** The same for a sentinel, which knows neither our user nor databases. */
  JedisClientConfig sentinelConfig() {
    return plain(CONNECT_MILLIS).build();
  }

  private DefaultJedisClientConfig.Builder plain(int answerMillis) {
    DefaultJedisClientConfig.Builder config =
        DefaultJedisClientConfig.builder()
            .connectionTimeoutMillis(CONNECT_MILLIS)
            .socketTimeoutMillis(answerMillis)
            .blockingSocketTimeoutMillis(answerMillis)
            .resp2();
    if (tls != null) {
      config.sslOptions(tls);
    }
    return config;
  }

  /** Hosts alone. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(tls == null ? "redis" : "rediss");
    text.append(primary == null ? "://" : "+sentinel://");
    for (int i = 0; i < hosts.size(); i++) {
      text.append(i == 0 ? "" : ",").append(hosts.get(i));
    }
    return text.append(primary == null ? "" : "/" + primary).toString();
  }
}
