package dev.drawbridge.filters.settings;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Every setting of Drawbridge: its name, what its value looks like, and its defaults. Immutable.
 *
 * <p>A system property or context-param is spelled {@link #property()} or {@link #variable()}, an
 * environment variable {@link #variable()}, and an init-param of a filter or of the servlet {@link
 * #initParam()} or either of the others. They are asked in this order: system property,
 * environment, init-param, context-param.
 */
@SuppressWarnings("ImmutableEnumChecker") // ValueType is a sealed set of immutable records.
public enum Setting {
  ENVIRONMENT(
      "ENVIRONMENT",
      new ValueType.Text(),
      null,
      null,
      "where the application runs; `development`, `dev` and `local` allow dev mode"),
  WEBSOCKET_DEV_MODE(
      "WEBSOCKET_DEV_MODE",
      new ValueType.Flag(),
      null,
      null,
      "dev mode, together with `ENVIRONMENT`; in any other environment it only warns"),
  DEV_WEBSOCKET_ORIGINS(
      "DEV_WEBSOCKET_ORIGINS",
      new ValueType.Items(),
      null,
      null,
      "origins allowed in dev mode beside those of localhost; ignored in production"),
  WEBSOCKET_ALLOWED_ORIGINS(
      "WEBSOCKET_ALLOWED_ORIGINS",
      new ValueType.Items(),
      null,
      null,
      "origins allowed in production: exact, `https://*.example.org`, or `:*` as port"),

  CORS_ALLOWED_METHODS(
      "cors.allowed.methods",
      new ValueType.Items(),
      "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
      "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
      "methods that a preflight is told"),
  CORS_ALLOWED_HEADERS(
      "cors.allowed.headers",
      new ValueType.Items(),
      "Authorization, Content-Type, X-Requested-With",
      "Authorization, Content-Type, X-Requested-With",
      "request headers that a preflight is told; dev mode adds those it asks for"),
  CORS_EXPOSED_HEADERS(
      "cors.exposed.headers",
      new ValueType.Items(),
      "X-Request-Id, Retry-After, WWW-Authenticate",
      "X-Request-Id, Retry-After, WWW-Authenticate",
      "response headers that a page may read"),
  CORS_MAX_AGE(
      "cors.max.age",
      new ValueType.Span(Duration.ZERO, Duration.ofDays(1)),
      "0s",
      "10m",
      "how long a browser may keep a preflight's answer"),
  CORS_PRIVATE_NETWORK(
      "cors.private.network",
      new ValueType.Flag(),
      "true",
      "false",
      "answer `Access-Control-Request-Private-Network` of older Chromium"),
  ALLOWED_HOSTS(
      "allowed.hosts",
      new ValueType.Items(),
      null,
      null,
      "names beside localhost that a `Host` header may hold in dev mode, for containers and tunnels"),
  REQUIRE_ORIGIN(
      "require.origin",
      new ValueType.Flag(),
      "false",
      "false",
      "refuse a handshake without `Origin`, which shuts out native clients"),

  JWT_SECRET(
      "jwt.secret",
      new ValueType.Secret(),
      null,
      null,
      "HMAC secret, at least 32 bytes; `base64url:` or `base64:` in front for binary; random for each start in dev mode without any key"),
  JWT_SECRET_FILE(
      "jwt.secret.file",
      new ValueType.Text(),
      null,
      null,
      "file that holds the secret, read again when it changes"),
  JWT_SECRET_PREVIOUS(
      "jwt.secret.previous",
      new ValueType.Secret(),
      null,
      null,
      "the secret before this one, still accepted during a rotation"),
  JWT_PUBLIC_KEY(
      "jwt.public.key",
      new ValueType.Text(),
      null,
      null,
      "PEM file with a public key or a certificate"),
  JWT_JWKS_FILE(
      "jwt.jwks.file",
      new ValueType.Text(),
      null,
      null,
      "file with a JSON Web Key Set, read again when it changes"),
  JWT_JWKS_URL(
      "jwt.jwks.url",
      new ValueType.Text(),
      null,
      null,
      "address of a JSON Web Key Set; https in production"),
  JWT_ISSUER(
      "jwt.issuer",
      new ValueType.Text(),
      "http://localhost",
      null,
      "the exact `iss` of the tokens"),
  JWT_AUDIENCE(
      "jwt.audience",
      new ValueType.Text(),
      "drawbridge",
      null,
      "the `aud` that must be among those of the token"),
  JWT_ALGORITHMS(
      "jwt.algorithms",
      new ValueType.Items(),
      null,
      null,
      "signature algorithms, of one family; by default those that the keys allow, with a PEM file the usual one"),
  JWT_LEEWAY(
      "jwt.leeway",
      new ValueType.Span(Duration.ZERO, Duration.ofMinutes(2)),
      "30s",
      "30s",
      "clock difference that is forgiven"),
  JWT_MAX_LIFETIME(
      "jwt.max.lifetime",
      new ValueType.Span(Duration.ofMinutes(1), Duration.ofDays(366)),
      "24h",
      "24h",
      "how far ahead `exp` may be"),
  JWT_CACHE_TTL(
      "jwt.cache.ttl",
      new ValueType.Span(Duration.ZERO, Duration.ofMinutes(1)),
      "60s",
      "60s",
      "how long a verified token is remembered; 0 = not at all"),
  JWT_REVOCATIONS(
      "jwt.revocations",
      new ValueType.Choice(List.of("memory", "database")),
      "memory",
      "memory",
      "where revoked tokens are kept: `memory` of each server, or the table `revocation`"),
  JWT_COOKIE(
      "jwt.cookie",
      new ValueType.Text(),
      null,
      null,
      "name of a cookie that may hold the token; `__Host-…` in production; off when not set"),
  JWT_QUERY_TOKEN(
      "jwt.query.token",
      new ValueType.Flag(),
      "false",
      "false",
      "accept `?access_token=`; dev mode only, refuses to start in production",
      true),
  AUTH_FAILURES_PER_MINUTE(
      "auth.failures.per.minute",
      new ValueType.Whole(0, 1_000_000),
      "0",
      "60",
      "failed handshakes of one address and minute before 429; 0 = off; a valid token still passes"),

  SESSION_TOKEN_TTL(
      "session.token.ttl",
      new ValueType.Span(Duration.ofSeconds(15), Duration.ofMinutes(15)),
      "60s",
      "60s",
      "how long a token of `SessionTokenServlet` lives; at the same time how long after a logout a connection may last at most, with the leeway"),
  SESSION_TOKEN_ATTRIBUTE(
      "session.token.attribute",
      new ValueType.Text(),
      null,
      null,
      "attribute of the HTTP session in which the application keeps who is logged in; the container's principal when not set"),
  SESSION_TOKEN_PROPERTY(
      "session.token.property",
      new ValueType.Text(),
      null,
      null,
      "path from that attribute, or from the principal, to the user's key, such as `account.login`: getters, accessors of records, keys of maps"),
  SESSION_TOKEN_REVOKE(
      "session.token.revoke",
      new ValueType.Flag(),
      "true",
      "true",
      "revoke the tokens of an HTTP session when it ends; keeps an object in the session, so `false` where sessions are written by a serializer that takes known classes only"),

  DB_URL(
      "db.url",
      new ValueType.Text(),
      "jdbc:h2:mem:drawbridge;DB_CLOSE_DELAY=-1",
      null,
      "`jdbc:` URL of H2, PostgreSQL or MariaDB"),
  DB_USER("db.user", new ValueType.Text(), null, null, "database user"),
  DB_PASSWORD("db.password", new ValueType.Secret(), null, null, "its password"),
  DB_PASSWORD_FILE(
      "db.password.file",
      new ValueType.Text(),
      null,
      null,
      "file that holds the password, read for each new connection"),
  DB_JNDI(
      "db.jndi",
      new ValueType.Text(),
      null,
      null,
      "JNDI name of the container's `DataSource`, instead of a URL"),
  DB_TIME_ZONE(
      "db.time.zone",
      new ValueType.Text(),
      "UTC",
      "UTC",
      "time zone of columns that have none, for tables that hold local time"),
  DB_POOL_SIZE("db.pool.size", new ValueType.Whole(1, 1000), "10", "10", "connections in the pool"),
  DB_ACQUIRE_TIMEOUT(
      "db.acquire.timeout",
      new ValueType.Span(Duration.ofMillis(250), Duration.ofMinutes(5)),
      "2s",
      "2s",
      "longest wait for a pooled connection"),
  DB_QUERY_TIMEOUT(
      "db.query.timeout",
      new ValueType.Span(Duration.ofSeconds(1), Duration.ofHours(1)),
      "5s",
      "5s",
      "longest statement"),
  DB_CONNECT_TIMEOUT(
      "db.connect.timeout",
      new ValueType.Span(Duration.ofMillis(250), Duration.ofMinutes(5)),
      "3s",
      "3s",
      "longest opening of a connection to the server"),
  DB_SOCKET_TIMEOUT(
      "db.socket.timeout",
      new ValueType.Span(Duration.ofSeconds(1), Duration.ofHours(2)),
      "15s",
      "15s",
      "longest silence of the server; longer than the longest statement"),
  DB_MAX_LIFETIME(
      "db.max.lifetime",
      new ValueType.Span(Duration.ofSeconds(30), Duration.ofDays(1)),
      "25m",
      "25m",
      "age at which a pooled connection is replaced; below the server's and every proxy's limit"),
  DB_LEAK_AFTER(
      "db.leak.after",
      new ValueType.Span(Duration.ZERO, Duration.ofDays(1)),
      "30s",
      "30s",
      "age at which an open session is reported with the place that opened it; 0 = never"),
  DB_JMX(
      "db.jmx",
      new ValueType.Flag(),
      "false",
      "false",
      "register health and figures of the pool as an MBean"),
  DB_START_MODE(
      "db.start.mode",
      new ValueType.Choice(List.of("require", "degraded")),
      "require",
      "require",
      "`degraded` starts without the database and answers 503 until it is there"),
  DB_START_WAIT(
      "db.start.wait",
      new ValueType.Span(Duration.ZERO, Duration.ofMinutes(10)),
      "10s",
      "30s",
      "how long the start waits for the database"),
  DB_MIGRATE(
      "db.migrate",
      new ValueType.Choice(List.of("auto", "validate", "migrate", "off")),
      "auto",
      "auto",
      "for the application's own listener, as the sample's reads it: what `Migrations` does with the schema; `auto` migrates H2 and validates others. Nothing else reads it: the filters touch no schema"),

  USER_QUERY(
      "user.query",
      new ValueType.Text(),
      null,
      null,
      "SQL that finds a user by `:subject` in a table of your own"),
  USER_CACHE_TTL(
      "user.cache.ttl",
      new ValueType.Span(Duration.ofSeconds(1), Duration.ofHours(1)),
      "60s",
      "60s",
      "how long a user is remembered"),
  USER_CACHE_REFRESH(
      "user.cache.refresh",
      new ValueType.Span(Duration.ofMillis(500), Duration.ofHours(1)),
      "30s",
      "30s",
      "age at which a user in use is read again in the background"),
  USER_CACHE_NEGATIVE_TTL(
      "user.cache.negative.ttl",
      new ValueType.Span(Duration.ofMillis(100), Duration.ofMinutes(10)),
      "5s",
      "5s",
      "how long an unknown subject is remembered"),
  USER_CACHE_MAX_STALE(
      "user.cache.max.stale",
      new ValueType.Span(Duration.ZERO, Duration.ofHours(1)),
      "5m",
      "5m",
      "how old a user may be while the database is out of reach; 0 = refuse at once"),
  USER_CACHE_SIZE(
      "user.cache.size",
      new ValueType.Whole(1, 10_000_000),
      "100000",
      "100000",
      "users remembered at most"),
  USER_LOOKUP_TIMEOUT(
      "user.lookup.timeout",
      new ValueType.Span(Duration.ofMillis(100), Duration.ofSeconds(30)),
      "2s",
      "2s",
      "longest wait of a handshake for its user; then 503"),

  HEARTBEAT_INTERVAL(
      "heartbeat.interval",
      new ValueType.Span(Duration.ofSeconds(1), Duration.ofMinutes(10)),
      "45s",
      "25s",
      "silence after which the server asks"),
  HEARTBEAT_GRACE(
      "heartbeat.grace",
      new ValueType.Span(Duration.ofSeconds(1), Duration.ofMinutes(10)),
      "15s",
      "10s",
      "how long it then waits; at most the interval"),
  MAX_MESSAGE_BYTES(
      "max.message.bytes",
      new ValueType.Whole(128, 16 * 1024 * 1024),
      "65536",
      "65536",
      "largest message in UTF-8 bytes; a larger one closes with 1009"),
  MESSAGES_PER_SECOND(
      "messages.per.second",
      new ValueType.Whole(1, 1_000_000),
      "100",
      "50",
      "messages of one connection"),
  MESSAGE_BURST(
      "message.burst",
      new ValueType.Whole(1, 1_000_000),
      "200",
      "100",
      "messages of one connection at once"),
  CONNECTIONS_PER_USER(
      "connections.per.user",
      new ValueType.Whole(0, 1_000_000),
      "20",
      "10",
      "connections of one user; 0 = no limit"),
  CONNECTIONS_PER_ADDRESS(
      "connections.per.address",
      new ValueType.Whole(0, 1_000_000),
      "0",
      "0",
      "connections of one address; 0 = no limit"),
  CONNECTIONS_MAX(
      "connections.max", new ValueType.Whole(1, 10_000_000), "1000", "50000", "connections in all"),
  HANDLER_TIMEOUT(
      "handler.timeout",
      new ValueType.Span(Duration.ofMillis(100), Duration.ofMinutes(10)),
      "30s",
      "30s",
      "longest handling of one message; then `handler_timeout`"),
  SEND_TIMEOUT(
      "send.timeout",
      new ValueType.Span(Duration.ofMillis(100), Duration.ofMinutes(10)),
      "10s",
      "10s",
      "longest sending of one frame; then 4510"),
  SEND_QUEUE_FRAMES(
      "send.queue.frames",
      new ValueType.Whole(1, 1_000_000),
      "512",
      "512",
      "frames that wait for a slow reader"),
  SEND_QUEUE_BYTES(
      "send.queue.bytes",
      new ValueType.Whole(1024, 1024 * 1024 * 1024),
      "1048576",
      "1048576",
      "bytes that wait for a slow reader"),
  RECEIVE_QUEUE_FRAMES(
      "receive.queue.frames",
      new ValueType.Whole(1, 100_000),
      "64",
      "64",
      "messages that wait for their handlers before the connection is not read"),
  COMPRESSION(
      "compression",
      new ValueType.Flag(),
      "false",
      "false",
      "permessage-deflate for clients that offer it; costs processor time, and the sizes of answers can betray secrets"),
  TRANSPORT(
      "transport",
      new ValueType.Choice(List.of("auto", "jetty-api")),
      "auto",
      "auto",
      "how frames go through the container: `auto` takes Jetty's own classes where they are in sight, which is quicker; `jetty-api` only its API for applications"),
  MANAGEMENT_TOKEN(
      "management.token",
      new ValueType.Secret(),
      null,
      null,
      "secret that opens `POST /ws/drain` and `GET /ws/metrics` as `Authorization: Bearer`, at least 16 bytes in production; both are off without it"),
  MANAGEMENT_TOKEN_FILE(
      "management.token.file",
      new ValueType.Text(),
      null,
      null,
      "file that holds the management token, read again when it changes"),
  DRAIN_ROUTE(
      "drain.route",
      new ValueType.Flag(),
      "true",
      "true",
      "serve `POST /ws/drain` to whoever has the management token"),
  METRICS(
      "metrics",
      new ValueType.Choice(List.of("off", "local", "on")),
      "on",
      "on",
      "serve `GET /ws/metrics` to whoever has the management token, if Micrometer's registry for Prometheus is on the class path; `local` asks for a loopback peer too"),
  DEV_KEY(
      "dev.key",
      new ValueType.Choice(List.of("on", "off")),
      "on",
      "on",
      "what dev mode shows opens with a key that is new at each start and stands in the log; `off` only where loopback alone can reach the server");

  private static final String PREFIX = "drawbridge.";

  private final String property;
  private final ValueType type;
  private final @Nullable String developmentDefault;
  private final @Nullable String productionDefault;
  private final String meaning;
  private final boolean developmentOnly;

  Setting(
      String name,
      ValueType type,
      @Nullable String developmentDefault,
      @Nullable String productionDefault,
      String meaning) {
    this(name, type, developmentDefault, productionDefault, meaning, false);
  }

  Setting(
      String name,
      ValueType type,
      @Nullable String developmentDefault,
      @Nullable String productionDefault,
      String meaning,
      boolean developmentOnly) {
    // The four that users already have keep their names; they are the upper-case ones.
    this.property = Character.isUpperCase(name.charAt(0)) ? name : "drawbridge." + name;
    this.type = type;
    this.developmentDefault = developmentDefault;
    this.productionDefault = productionDefault;
    this.meaning = meaning;
    this.developmentOnly = developmentOnly;
  }

  /** System property and context-param, such as {@code drawbridge.jwt.secret}. */
  public String property() {
    return property;
  }

  /** Environment variable, such as {@code DRAWBRIDGE_JWT_SECRET}: the name that messages use. */
  public String variable() {
    return property.replace('.', '_').toUpperCase(Locale.ROOT);
  }

  /** Init-param of a filter or of the servlet, such as {@code jwtSecret}. */
  public String initParam() {
    String words =
        property.startsWith(PREFIX)
            ? property.substring(PREFIX.length())
            : property.toLowerCase(Locale.ROOT);
    StringBuilder name = new StringBuilder();
    boolean upper = false;
    for (int i = 0; i < words.length(); i++) {
      char c = words.charAt(i);
      if (c == '.' || c == '_') {
        upper = true;
      } else {
        name.append(upper ? Character.toUpperCase(c) : c);
        upper = false;
      }
    }
    return name.toString();
  }

  /** The default of a mode, as one would write it; null when there is none. */
  public @Nullable String defaultValue(DevMode mode) {
    return mode.isDevelopment() ? developmentDefault : productionDefault;
  }

  /** What the setting does, in one phrase of Markdown. */
  public String meaning() {
    return meaning;
  }

  /** Which values fit, as the README's table says it; empty where any text does. */
  String range() {
    return type.range();
  }

  /** True when the value must be shown nowhere. */
  public boolean isSecret() {
    return type instanceof ValueType.Secret;
  }

  /** True when production refuses to start with it. */
  boolean isDevelopmentOnly() {
    return developmentOnly;
  }

  ValueType type() {
    return type;
  }
}
