package dev.drawbridge.filters.testing;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jose4j.json.JsonUtil;

/** The addresses of OpenID providers on one port, each of which answers as it is told. */
public final class OpenIdServer implements AutoCloseable {

  public static final String OPENID = "/.well-known/openid-configuration";
  public static final String OAUTH = "/.well-known/oauth-authorization-server";

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, JwksServer.Behaviour> behaviours = new ConcurrentHashMap<>();

  /** The paths that were asked for, in their order. */
  private final List<String> asked = new CopyOnWriteArrayList<>();

  private final int port;
  private HttpServer server;

  public OpenIdServer() throws IOException {
    server = listen(0);
    port = server.getAddress().getPort();
  }

  private HttpServer listen(int wanted) throws IOException {
    HttpServer made =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 0);
    made.setExecutor(threads);
    made.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          asked.add(path);
          try (exchange) {
            behaviours.getOrDefault(path, JwksServer.answering(404, "absent")).answer(exchange);
          }
        });
    made.start();
    return made;
  }

  /** The address of a path on this server. */
  public String url(String path) {
    return "http://localhost:" + port + path;
  }

  public OpenIdServer at(String path, JwksServer.Behaviour behaviour) {
    behaviours.put(path, behaviour);
    return this;
  }

  /** A whole provider with one key; returns its issuer. */
  public String provider(String path, KeyPair keys, String keyId) {
    String issuer = url(path);
    at(path + OPENID, JwksServer.serving(metadata(issuer, issuer + "/keys")));
    at(path + "/keys", keySet(keys, keyId));
    return issuer;
  }

  public static JwksServer.Behaviour keySet(KeyPair keys, String keyId) {
    return JwksServer.serving(TestKeys.jwks(TestKeys.jwk(keys.getPublic(), keyId)));
  }

  public static String metadata(Object issuer, Object keys) {
    return JsonUtil.toJson(
        Map.of("issuer", issuer, "jwks_uri", keys, "response_types_supported", List.of("code")));
  }

  public List<String> asked() {
    return List.copyOf(asked);
  }

  public void die() {
    server.stop(0);
  }

  public void revive() throws IOException {
    server = listen(port);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
