package dev.drawbridge.filters.settings;

import static dev.drawbridge.filters.settings.SettingForm.choice;
import static dev.drawbridge.filters.settings.SettingForm.flag;
import static dev.drawbridge.filters.settings.SettingForm.items;
import static dev.drawbridge.filters.settings.SettingForm.secret;
import static dev.drawbridge.filters.settings.SettingForm.span;
import static dev.drawbridge.filters.settings.SettingForm.text;
import static dev.drawbridge.filters.settings.SettingForm.whole;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Every setting of Drawbridge: its name, what its value looks like, and its defaults. Immutable.
 *
 * <p>A system property or context-param is spelled {@link #property()} or {@link #variable()}, an
 * environment variable {@link #variable()}, and an init-param of a filter or of the servlet {@link
 * #initParam()} or either of the others; a settings file has the first two. They are asked in this
 * order: system property, environment, settings file, init-param, context-param.
 */
@SuppressWarnings("ImmutableEnumChecker") // SettingForm is an immutable record.
public enum Setting {
  ENVIRONMENT(
      text("ENVIRONMENT"),
      "where the application runs; `development`, `dev` and `local` allow dev mode"),
  WEBSOCKET_DEV_MODE(
      flag("WEBSOCKET_DEV_MODE"),
      "dev mode, together with `ENVIRONMENT`; in any other environment it only warns"),
  DEV_WEBSOCKET_ORIGINS(
      items("DEV_WEBSOCKET_ORIGINS").live(),
      "origins allowed in dev mode beside those of localhost; ignored in production"),
  WEBSOCKET_ALLOWED_ORIGINS(
      items("WEBSOCKET_ALLOWED_ORIGINS").live(),
      "origins allowed in production: exact, `https://*.example.org`, or `:*` as port"),

  CORS_ALLOWED_METHODS(
      items("cors.allowed.methods").or("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS").live(),
      "methods that a preflight is told"),
  CORS_ALLOWED_HEADERS(
      items("cors.allowed.headers").or("Authorization, Content-Type, X-Requested-With").live(),
      "request headers that a preflight is told; dev mode adds those it asks for"),
  CORS_EXPOSED_HEADERS(
      items("cors.exposed.headers").or("X-Request-Id, Retry-After, WWW-Authenticate").live(),
      "response headers that a page may read"),
  CORS_MAX_AGE(
      span("cors.max.age", Duration.ZERO, Duration.ofDays(1))
          .inDevelopment("0s")
          .inProduction("10m")
          .live(),
      "how long a browser may keep a preflight's answer"),
  CORS_PRIVATE_NETWORK(
      flag("cors.private.network").inDevelopment("true").inProduction("false").live(),
      "answer `Access-Control-Request-Private-Network` of older Chromium"),
  ALLOWED_HOSTS(
      items("allowed.hosts").live(),
      "names beside localhost that a `Host` header may hold in dev mode, for containers and"
          + " tunnels"),
  REQUIRE_ORIGIN(
      flag("require.origin").or("false").live(),
      "refuse a handshake without `Origin`, which shuts out native clients"),

  JWT_SECRET(
      secret("jwt.secret").live(),
      "HMAC secret, at least 32 bytes; `base64url:` or `base64:` in front for binary; random for"
          + " each start in dev mode without any key"),
  JWT_SECRET_FILE(
      text("jwt.secret.file").live(), "file that holds the secret, read again when it changes"),
  JWT_SECRET_PREVIOUS(
      secret("jwt.secret.previous").live(),
      "the secret before this one, still accepted during a rotation"),
  JWT_PUBLIC_KEY(text("jwt.public.key").live(), "PEM file with a public key or a certificate"),
  JWT_JWKS_FILE(
      text("jwt.jwks.file").live(), "file with a JSON Web Key Set, read again when it changes"),
  JWT_JWKS_URL(text("jwt.jwks.url").live(), "address of a JSON Web Key Set; https in production"),
  JWT_ALLOW_HTTP(
      flag("jwt.allow.http").or("false").live(),
      "key sets and metadata of issuers by plain http, for a key server inside the cluster; whoever"
          + " is on the way can then make tokens"),
  JWT_ISSUER(
      items("jwt.issuer").inDevelopment("http://localhost").live(),
      "the exact `iss` of the tokens, several with commas; without a setting of keys those of an"
          + " `https://…` issuer are found by its metadata; `{tenantid}` stands for one of"
          + " `DRAWBRIDGE_JWT_TENANTS`"),
  JWT_ISSUERS_FILE(
      text("jwt.issuers.file").live(),
      "JSON file with several issuers, each with keys and rules of its own; instead of"
          + " `DRAWBRIDGE_JWT_ISSUER` and the settings of keys; read at the start and by a reload"),
  JWT_TENANTS(
      items("jwt.tenants").live(),
      "the `tid` of the tenants that are allowed where the issuer has `{tenantid}`"),
  JWT_AUDIENCE(
      items("jwt.audience").inDevelopment("drawbridge").live(),
      "one of these must be among the audiences of the token"),
  JWT_AUDIENCE_CLAIM(
      choice("jwt.audience.claim", "aud", "azp", "client_id", "cid", "appid").or("aud").live(),
      "the claim that must hold the audience; all but `aud` say to which client a token was issued,"
          + " which is weaker than for which API"),
  JWT_TOKEN_USE(
      choice("jwt.token.use", "access", "id", "any").or("access").live(),
      "kind of token that is meant; one whose payload says that it is another is refused, a refresh"
          + " token always"),
  JWT_SUBJECT_CLAIM(
      text("jwt.subject.claim").live(),
      "the claim that names the user, or a JSON pointer to it: `sub` when not set, `oid`, `upn`,"
          + " `preferred_username`, `email` (only with `email_verified`); when set, a whole number"
          + " counts as its decimal text"),
  JWT_ROLES_CLAIM(
      items("jwt.roles.claim").live(),
      "JSON pointers to roles in the token, such as `/realm_access/roles`, `/cognito:groups`,"
          + " `/scope`; for `DRAWBRIDGE_ROLES`"),
  JWT_ALGORITHMS(
      items("jwt.algorithms").live(),
      "signature algorithms, of one family; by default those that the keys allow, with a PEM file"
          + " the usual one"),
  JWT_LEEWAY(
      span("jwt.leeway", Duration.ZERO, Duration.ofMinutes(2)).or("30s").live(),
      "clock difference that is forgiven"),
  JWT_MAX_LIFETIME(
      span("jwt.max.lifetime", Duration.ofMinutes(1), Duration.ofDays(366)).or("24h"),
      "how far ahead `exp` may be"),
  JWT_CACHE_TTL(
      span("jwt.cache.ttl", Duration.ZERO, Duration.ofMinutes(1)).or("60s").live(),
      "how long a verified token is remembered; 0 = not at all"),
  JWT_REVOCATIONS(
      choice("jwt.revocations", "memory", "database").or("memory"),
      "where revoked tokens are kept: `memory` of each server, or the table `revocation`"),
  JWT_MAX_LENGTH(
      whole("jwt.max.length", 1024, 65_536).or("6144").live(),
      "longest token in characters; longer ones than by default need higher header limits of the"
          + " container and of every proxy"),
  JWT_COOKIE(
      text("jwt.cookie").live(),
      "name of a cookie that may hold the token; `__Host-…` in production; off when not set"),
  JWT_QUERY_TOKEN(
      flag("jwt.query.token").or("false").inDevelopmentOnly().live(),
      "accept `?access_token=`; dev mode only, refuses to start in production"),
  AUTH_FAILURES_PER_MINUTE(
      whole("auth.failures.per.minute", 0, 1_000_000).inDevelopment("0").inProduction("60").live(),
      "failed handshakes of one address and minute before 429; 0 = off; a valid token still"
          + " passes"),

  SESSION_TOKEN_TTL(
      span("session.token.ttl", Duration.ofSeconds(15), Duration.ofMinutes(15)).or("60s").live(),
      "how long a token of `SessionTokenServlet` lives; at the same time how long after a logout a"
          + " connection may last at most, with the leeway"),
  SESSION_TOKEN_ATTRIBUTE(
      text("session.token.attribute"),
      "attribute of the HTTP session in which the application keeps who is logged in; the"
          + " container's principal when not set"),
  SESSION_TOKEN_PROPERTY(
      text("session.token.property"),
      "path from that attribute, or from the principal, to the user's key, such as `account.login`:"
          + " getters, accessors of records, keys of maps"),
  SESSION_TOKEN_REVOKE(
      flag("session.token.revoke").or("true"),
      "revoke the tokens of an HTTP session when it ends; keeps an object in the session, so"
          + " `false` where sessions are written by a serializer that takes known classes only"),

  DB_URL(
      text("db.url").inDevelopment("jdbc:h2:mem:drawbridge;DB_CLOSE_DELAY=-1"),
      "`jdbc:` URL of H2, PostgreSQL or MariaDB"),
  DB_USER(text("db.user"), "database user"),
  DB_PASSWORD(secret("db.password"), "its password"),
  DB_PASSWORD_FILE(
      text("db.password.file"), "file that holds the password, read for each new connection"),
  DB_JNDI(text("db.jndi"), "JNDI name of the container's `DataSource`, instead of a URL"),
  DB_TIME_ZONE(
      text("db.time.zone").or("UTC"),
      "time zone of columns that have none, for tables that hold local time"),
  DB_POOL_SIZE(whole("db.pool.size", 1, 1000).or("10"), "connections in the pool"),
  DB_ACQUIRE_TIMEOUT(
      span("db.acquire.timeout", Duration.ofMillis(250), Duration.ofMinutes(5)).or("2s"),
      "longest wait for a pooled connection"),
  DB_QUERY_TIMEOUT(
      span("db.query.timeout", Duration.ofSeconds(1), Duration.ofHours(1)).or("5s"),
      "longest statement"),
  DB_CONNECT_TIMEOUT(
      span("db.connect.timeout", Duration.ofMillis(250), Duration.ofMinutes(5)).or("3s"),
      "longest opening of a connection to the server"),
  DB_SOCKET_TIMEOUT(
      span("db.socket.timeout", Duration.ofSeconds(1), Duration.ofHours(2)).or("15s"),
      "longest silence of the server; longer than the longest statement"),
  DB_MAX_LIFETIME(
      span("db.max.lifetime", Duration.ofSeconds(30), Duration.ofDays(1)).or("25m"),
      "age at which a pooled connection is replaced; below the server's and every proxy's limit"),
  DB_LEAK_AFTER(
      span("db.leak.after", Duration.ZERO, Duration.ofDays(1)).or("30s"),
      "age at which an open session is reported with the place that opened it; 0 = never"),
  DB_JMX(flag("db.jmx").or("false"), "register health and figures of the pool as an MBean"),
  DB_START_MODE(
      choice("db.start.mode", "require", "degraded").or("require"),
      "`degraded` starts without the database and answers 503 until it is there"),
  DB_START_WAIT(
      span("db.start.wait", Duration.ZERO, Duration.ofMinutes(10))
          .inDevelopment("10s")
          .inProduction("30s"),
      "how long the start waits for the database"),
  DB_MIGRATE(
      choice("db.migrate", "auto", "validate", "migrate", "off").or("auto"),
      "what `Migrations` does with the schema; `auto` migrates H2 and validates others. Read by the"
          + " application's own listener, as the sample's, and by the starter for Spring Boot: the"
          + " filters touch no schema"),

  USERS(
      choice("users", "database", "token", "both").or("database"),
      "who the users are: those that are found by lookup; whoever has a good token (`token`, needs"
          + " no database; a disabled user is noticed at the next token); or `both`: lookup first,"
          + " then the token"),
  ROLES(
      choice("roles", "database", "token", "both").or("database"),
      "whose roles count, those of the user that was found, those of `DRAWBRIDGE_JWT_ROLES_CLAIM`"
          + " or both; with `DRAWBRIDGE_USERS=token` the token's"),
  USER_QUERY(text("user.query"), "SQL that finds a user by `:subject` in a table of your own"),
  USER_CACHE_TTL(
      span("user.cache.ttl", Duration.ofSeconds(1), Duration.ofHours(1)).or("60s"),
      "how long a user is remembered"),
  USER_CACHE_REFRESH(
      span("user.cache.refresh", Duration.ofMillis(500), Duration.ofHours(1)).or("30s"),
      "age at which a user in use is read again in the background"),
  USER_CACHE_NEGATIVE_TTL(
      span("user.cache.negative.ttl", Duration.ofMillis(100), Duration.ofMinutes(10)).or("5s"),
      "how long an unknown subject is remembered"),
  USER_CACHE_MAX_STALE(
      span("user.cache.max.stale", Duration.ZERO, Duration.ofHours(1)).or("5m"),
      "how old a user may be while the database is out of reach; 0 = refuse at once"),
  USER_CACHE_SIZE(whole("user.cache.size", 1, 10_000_000).or("100000"), "users remembered at most"),
  USER_LOOKUP_TIMEOUT(
      span("user.lookup.timeout", Duration.ofMillis(100), Duration.ofSeconds(30)).or("2s"),
      "longest wait of a handshake for its user; then 503"),

  HEARTBEAT_INTERVAL(
      span("heartbeat.interval", Duration.ofSeconds(1), Duration.ofMinutes(10))
          .inDevelopment("45s")
          .inProduction("25s"),
      "silence after which the server asks"),
  HEARTBEAT_GRACE(
      span("heartbeat.grace", Duration.ofSeconds(1), Duration.ofMinutes(10))
          .inDevelopment("15s")
          .inProduction("10s"),
      "how long it then waits; at most the interval"),
  MAX_MESSAGE_BYTES(
      whole("max.message.bytes", 128, 16 * 1024 * 1024).or("65536").live(),
      "largest message in UTF-8 bytes; a larger one closes with 1009"),
  MESSAGES_PER_SECOND(
      whole("messages.per.second", 1, 1_000_000).inDevelopment("100").inProduction("50").live(),
      "messages of one connection"),
  MESSAGE_BURST(
      whole("message.burst", 1, 1_000_000).inDevelopment("200").inProduction("100").live(),
      "messages of one connection at once"),
  CONNECTIONS_PER_USER(
      whole("connections.per.user", 0, 1_000_000).inDevelopment("20").inProduction("10").live(),
      "connections of one user; 0 = no limit"),
  CONNECTIONS_PER_USER_SCOPE(
      choice("connections.per.user.scope", "node", "cluster").or("node"),
      "where they count: `node` on each server by itself, `cluster` on all servers together, and on"
          + " each by itself while the engine of channels is out of reach"),
  CONNECTIONS_PER_ADDRESS(
      whole("connections.per.address", 0, 1_000_000).or("0").live(),
      "connections of one address; 0 = no limit"),
  CONNECTIONS_MAX(
      whole("connections.max", 1, 10_000_000).inDevelopment("1000").inProduction("50000").live(),
      "connections in all"),
  HANDLER_TIMEOUT(
      span("handler.timeout", Duration.ofMillis(100), Duration.ofMinutes(10)).or("30s"),
      "longest handling of one message; then `handler_timeout`"),
  SEND_TIMEOUT(
      span("send.timeout", Duration.ofMillis(100), Duration.ofMinutes(10)).or("10s"),
      "longest sending of one frame; then 4510"),
  SEND_QUEUE_FRAMES(
      whole("send.queue.frames", 1, 1_000_000).or("512"), "frames that wait for a slow reader"),
  SEND_QUEUE_BYTES(
      whole("send.queue.bytes", 1024, 1024 * 1024 * 1024).or("1048576"),
      "bytes that wait for a slow reader"),
  RECEIVE_QUEUE_FRAMES(
      whole("receive.queue.frames", 1, 100_000).or("64"),
      "messages that wait for their handlers before the connection is not read"),
  CHANNELS_PER_CONNECTION(
      whole("channels.per.connection", 1, 10_000).or("100"), "subscriptions of one connection"),
  RESUME_WINDOW(
      span("resume.window", Duration.ofMinutes(2), Duration.ofHours(1)).or("5m"),
      "how long a client may be away and miss nothing of its channels"),
  RESUME_WINDOW_MESSAGES(
      whole("resume.window.messages", 1, 1_000_000).or("20000"),
      "messages of all channels that are kept for that"),
  RESUME_WINDOW_BYTES(
      whole("resume.window.bytes", 65_536, 1024 * 1024 * 1024).or("33554432"),
      "bytes of all channels that are kept for that"),
  REPLAY_MESSAGES(
      whole("replay.messages", 1, 100_000).or("256"),
      "messages that one client is given again, fewer than DRAWBRIDGE_SEND_QUEUE_FRAMES; unset, at"
          + " most half of them"),
  REPLAY_BYTES(
      whole("replay.bytes", 1024, 1024 * 1024 * 1024).or("524288"),
      "bytes that one client is given again, fewer than DRAWBRIDGE_SEND_QUEUE_BYTES; unset, at most"
          + " half of them"),
  PRESENCE_MEMBERS(
      whole("presence.members", 0, 10_000).or("200"), "names in a list of who is there"),
  PRESENCE_LINGER(
      span("presence.linger", Duration.ZERO, Duration.ofMinutes(5)).or("10s"),
      "how long who has gone still counts as there"),
  PUBLISH_QUEUE(
      whole("publish.queue", 1, 100_000).or("1000"),
      "publishes that wait while the engine is slow or away"),
  CLUSTER(
      text("cluster").or("none"),
      "engine that carries channels from server to server, by its name: `redis` with the jar"
          + " `drawbridge-cluster-redis`, `sql` with `drawbridge-cluster-sql`, or that of another"
          + " jar; `none` keeps them in the memory of this server"),
  CLUSTER_URL(
      text("cluster.url"),
      "where that engine keeps them, such as `rediss://…`; for `sql` only where the way past a"
          + " pooler is another than `DRAWBRIDGE_DB_URL`"),
  CLUSTER_USER(text("cluster.user"), "its user there"),
  CLUSTER_PASSWORD(secret("cluster.password"), "its password"),
  CLUSTER_PASSWORD_FILE(
      text("cluster.password.file"), "file that holds the password, read for each new connection"),
  CLUSTER_NAME(
      text("cluster.name"),
      "name of the deployment, the same on all its servers and on no other; required with an"
          + " engine"),
  CLUSTER_START_MODE(
      choice("cluster.start.mode", "degraded", "require").or("degraded"),
      "a start while the engine is away: `degraded` goes on and connects later, `require` refuses"
          + " it after 10 s"),
  OUTBOX(
      choice("outbox", "on", "off").or("on"),
      "rows of the outbox are relayed by this server; `off` leaves that to the others of the"
          + " deployment, and publishing into the outbox goes on"),
  COMPRESSION(
      flag("compression").or("false"),
      "permessage-deflate for clients that offer it; costs processor time, and the sizes of answers"
          + " can betray secrets"),
  CLOSE_WITH_SESSION(
      flag("close.with.session").or("false"),
      "the end of the HTTP session that a handshake came with, by logout or by time, closes its"
          + " connection with 4401 `session_ended`; keeps an object in the session"),
  TRANSPORT(
      choice("transport", "auto", "jetty-api", "jakarta").or("auto"),
      "how frames go through the container: `auto` takes Jetty's own classes where they are in"
          + " sight, which is quicker, and elsewhere what there is; `jetty-api` only Jetty's API"
          + " for applications, `jakarta` only that of Tomcat and Undertow"),
  WARM_UP(
      span("warm.up", Duration.ZERO, Duration.ofMinutes(1)).inDevelopment("0s").inProduction("2s"),
      "how long the start may run handshakes and messages against itself before it is over, so that"
          + " who comes first meets code that is compiled; 0 = not at all"),
  MANAGEMENT_TOKEN(
      secret("management.token").live(),
      "secret that opens `POST /ws/drain`, `POST /ws/reload` and `GET /ws/metrics` as"
          + " `Authorization: Bearer`, at least 16 bytes in production; they are off without it"),
  MANAGEMENT_TOKEN_FILE(
      text("management.token.file").live(),
      "file that holds the management token, read again when it changes"),
  DRAIN_ROUTE(
      flag("drain.route").or("true").live(),
      "serve `POST /ws/drain` to whoever has the management token"),
  RELOAD_ROUTE(
      flag("reload.route").or("true").live(),
      "serve `POST /ws/reload`, which reads the settings again, to whoever has the management"
          + " token"),
  SETTINGS_FILE(
      items("settings.file"),
      "properties files with settings, in UTF-8, several with commas, such as a ConfigMap and a"
          + " Secret that Kubernetes mounts; they stand behind system properties and the"
          + " environment and in front of init-params; read at the start and by a reload"),
  METRICS(
      choice("metrics", "off", "local", "on").or("on"),
      "serve `GET /ws/metrics` to whoever has the management token, if Micrometer's registry for"
          + " Prometheus is on the class path; `local` asks for a loopback peer too"),
  DEV_KEY(
      choice("dev.key", "on", "off").or("on"),
      "what dev mode shows opens with a key that is new at each start and stands in the log; `off`"
          + " only where loopback alone can reach the server");

  /** What a value looks like. */
  public enum Kind {
    TEXT,
    /** A text that is shown nowhere. */
    SECRET,
    /** One of {@link Setting#words()}. */
    CHOICE,
    FLAG,
    /** Texts with commas between them. */
    LIST,
    NUMBER,
    DURATION
  }

  private static final String PREFIX = "drawbridge";

  private final SettingForm form;
  private final String meaning;

  Setting(SettingForm form, String meaning) {
    this.form = form;
    this.meaning = meaning;
  }

  /** System property and context-param, such as {@code drawbridge.jwt.secret}. */
  public String property() {
    return form.property();
  }

  /** Environment variable, such as {@code DRAWBRIDGE_JWT_SECRET}: the name that messages use. */
  public String variable() {
    return form.variable();
  }

  /** Init-param of a filter or of the servlet, such as {@code jwtSecret}. */
  public String initParam() {
    return form.initParam();
  }

  /** The default of a mode, as one would write it; null when there is none. */
  public @Nullable String defaultValue(DevMode mode) {
    return mode.isDevelopment() ? form.development() : form.production();
  }

  /** What the setting does, in one phrase of Markdown. */
  public String meaning() {
    return meaning;
  }

  /**
   * True when a reload puts a new value in force; false when only a restart does: open connections
   * rest on it, something was opened by it, or it guards what a reload must not change.
   */
  public boolean isReloadable() {
    return form.reloadable();
  }

  /** Which values fit, as the table of docs/settings.md says it; empty where any text does. */
  public String range() {
    return form.type().range();
  }

  /** What a value looks like, for tools that complete and bind settings. */
  public Kind kind() {
    return form.type().kind();
  }

  /** The values of a choice; empty for others. */
  public List<String> words() {
    return form.type() instanceof ValueType.Choice choice ? choice.words() : List.of();
  }

  /**
   * The setting of a name in any spelling of properties and variables: words joined by dots,
   * dashes, underscores or capitals, with or without the prefix, such as {@code
   * drawbridge.jwt.cache-ttl}; null when there is none.
   */
  public static @Nullable Setting named(String name) {
    String wanted = letters(name);
    for (Setting setting : values()) {
      String own = letters(setting.property());
      if (own.equals(wanted) || own.equals(PREFIX + wanted) || wanted.equals(PREFIX + own)) {
        return setting;
      }
    }
    return null;
  }

  private static String letters(String name) {
    return name.replaceAll("[._-]", "").toLowerCase(Locale.ROOT);
  }

  /** True when the value must be shown nowhere. */
  public boolean isSecret() {
    return form.type() instanceof ValueType.Secret;
  }

  /** True when production refuses to start with it. */
  boolean isDevelopmentOnly() {
    return form.developmentOnly();
  }

  ValueType type() {
    return form.type();
  }
}
