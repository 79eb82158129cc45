package dev.drawbridge.filters.testing;

import dev.drawbridge.testing.LocalHttp;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import org.jose4j.json.JsonUtil;

/** The addresses of OpenID providers on one port, each of which answers as it is told. */
public final class OpenIdServer implements AutoCloseable {

  public static final String OPENID = "/.well-known/openid-configuration";
  public static final String OAUTH = "/.well-known/oauth-authorization-server";

  private final LocalHttp server = new LocalHttp();

  /** The address of a path on this server. */
  public String url(String path) {
    return server.url(path);
  }

  public OpenIdServer at(String path, LocalHttp.Behaviour behaviour) {
    server.at(path, behaviour);
    return this;
  }

  /** A whole provider with one key; returns its issuer. */
  public String provider(String path, KeyPair keys, String keyId) {
    String issuer = url(path);
    at(path + OPENID, LocalHttp.serving(metadata(issuer, issuer + "/keys")));
    at(path + "/keys", keySet(keys, keyId));
    return issuer;
  }

  public static LocalHttp.Behaviour keySet(KeyPair keys, String keyId) {
    return LocalHttp.serving(TestKeys.jwks(TestKeys.jwk(keys.getPublic(), keyId)));
  }

  public static String metadata(Object issuer, Object keys) {
    return JsonUtil.toJson(
        Map.of("issuer", issuer, "jwks_uri", keys, "response_types_supported", List.of("code")));
  }

  /** The paths that were asked for, in their order. */
  public List<String> asked() {
    return server.asked();
  }

  public void die() {
    server.die();
  }

  public void revive() {
    server.revive();
  }

  @Override
  public void close() {
    server.close();
  }
}
