package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.testing.Ports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;

/** Origins, tokens and keys that are refused. */
final class TokenWays extends Ways {

  TokenWays(MatrixServer dev, String pageOrigin) {
    super(dev, pageOrigin);
    origins();
    tokens();
    keys();
  }

  // --- origins -------------------------------------------------------------------------------

  private void origins() {
    refusedOrigin(
        "page of an origin that is not listed",
        page -> {
          try (MatrixServer server = production("https://app.example.com")) {
            page.begin(server.url(), TOKENS.of("alice"));
            return seen(page, server);
          }
        });
    refusedOrigin(
        "sandboxed page, whose origin is `null`",
        page -> {
          page.beginSandboxed(dev.url(), TOKENS.of("alice"));
          return seen(page, dev);
        });
    refusedOrigin(
        "localhost page, server in production by oversight",
        page -> {
          try (MatrixServer server =
              production("https://app.example.com", "WEBSOCKET_DEV_MODE", "true")) {
            page.begin(server.url(), TOKENS.of("alice"));
            return seen(page, server);
          }
        });
  }

  private void refusedOrigin(String name, Way.Scene scene) {
    add(
        name,
        "origin_denied",
        "origin_denied",
        "Refused: origin_denied",
        "WEBSOCKET_ALLOWED_ORIGINS",
        scene);
  }

  // --- tokens --------------------------------------------------------------------------------

  private void tokens() {
    refused("no token", RefusalCode.TOKEN_MISSING, handshake(dev, () -> null));
    add(
        "getToken fails",
        "token_unavailable",
        "",
        "",
        "token unavailable",
        page -> {
          page.beginWithoutToken(dev.url());
          return new Way.Seen(page.error(), "");
        });
    add(
        "getToken returns no token, but text",
        "token_malformed",
        "",
        "",
        "blanks in it",
        page -> {
          page.begin(dev.url(), "Bearer abc");
          return new Way.Seen(page.error(), "");
        });
    refused(
        "token with a header that is not JSON",
        RefusalCode.TOKEN_MALFORMED,
        handshake(dev, () -> "bm8.e30.AAAA"));
    refused(
        "token of 7000 characters",
        RefusalCode.TOKEN_TOO_LARGE,
        handshake(dev, () -> "a".repeat(6800) + ".b.c"));
    refused(
        "unsigned token (`alg: none`)",
        RefusalCode.TOKEN_ALG_NOT_ALLOWED,
        handshake(dev, () -> header("{\"alg\":\"none\"}", TOKENS.of("alice"))));
    refused(
        "token whose header names a key address (`jku`)",
        RefusalCode.TOKEN_HEADER_UNSUPPORTED,
        handshake(
            dev,
            () ->
                header(
                    "{\"alg\":\"HS256\",\"jku\":\"https://evil.example\"}", TOKENS.of("alice"))));
    refused(
        "token of another kind (`typ`)",
        RefusalCode.TOKEN_TYPE_INVALID,
        handshake(
            dev, () -> header("{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}", TOKENS.of("alice"))));
    refused(
        "token signed with another secret",
        RefusalCode.TOKEN_SIGNATURE_INVALID,
        handshake(
            dev,
            () ->
                new TestTokens(
                        "another-secret-of-a-good-length-0123456789",
                        TestTokens.ISSUER,
                        TestTokens.AUDIENCE,
                        java.time.Clock.systemUTC())
                    .of("alice")));
    refused(
        "expired token",
        RefusalCode.TOKEN_EXPIRED,
        handshake(
            dev,
            () ->
                TOKENS.of(
                    "alice", Instant.now().minusSeconds(7200), Instant.now().minusSeconds(3600))));
    refused("token without `exp`", RefusalCode.TOKEN_EXPIRY_MISSING, claims("exp", null));
    refused(
        "token for a month",
        RefusalCode.TOKEN_LIFETIME_TOO_LONG,
        claims("exp", Instant.now().plusSeconds(30L * 86_400).getEpochSecond()));
    refused(
        "issuer's clock ten minutes ahead",
        RefusalCode.TOKEN_NOT_YET_VALID,
        handshake(
            dev,
            () ->
                TOKENS.of(
                    "alice", Instant.now().plusSeconds(600), Instant.now().plusSeconds(3600))));
    refused(
        "token of another issuer",
        RefusalCode.TOKEN_ISSUER_INVALID,
        claims("iss", "https://login.example.org"));
    refused(
        "token for another audience",
        RefusalCode.TOKEN_AUDIENCE_INVALID,
        claims("aud", "another-application"));
    refused("token without `sub`", RefusalCode.TOKEN_SUBJECT_INVALID, claims("sub", null));
    refused("`exp` as text", RefusalCode.TOKEN_CLAIM_INVALID, claims("exp", "tomorrow"));
    refused(
        "revoked token",
        RefusalCode.TOKEN_REVOKED,
        page -> {
          Map<String, Object> claims = good();
          claims.put("jti", "revoked-by-the-matrix");
          dev.runtime()
              .authenticator()
              .revocations()
              .revoke("revoked-by-the-matrix", Instant.now().plusSeconds(3600));
          page.begin(dev.url(), TOKENS.sign(claims));
          return seen(page, dev);
        });
  }

  private Way.Scene claims(String name, Object value) {
    return handshake(
        dev,
        () -> {
          Map<String, Object> claims = good();
          if (value == null) {
            claims.remove(name);
          } else {
            claims.put(name, value);
          }
          return TOKENS.sign(claims);
        });
  }

  private static Map<String, Object> good() {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", TestTokens.ISSUER);
    claims.put("aud", TestTokens.AUDIENCE);
    claims.put("sub", "alice");
    claims.put("iat", Instant.now().getEpochSecond());
    claims.put("exp", Instant.now().plusSeconds(3600).getEpochSecond());
    return claims;
  }

  private static String header(String json, String token) {
    return Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(json.getBytes(java.nio.charset.StandardCharsets.UTF_8))
        + token.substring(token.indexOf('.'));
  }

  // --- keys ----------------------------------------------------------------------------------

  private void keys() {
    refused(
        "key set of another issuer",
        RefusalCode.TOKEN_KEY_UNKNOWN,
        page -> {
          Path file = Files.createTempFile("matrix", ".jwks");
          RsaJsonWebKey theirs = rsa("theirs");
          Files.writeString(file, new JsonWebKeySet(theirs).toJson());
          try (MatrixServer server =
              start("drawbridge.jwt.secret", "", "drawbridge.jwt.jwks.file", file.toString())) {
            page.begin(server.url(), signed(rsa("ours")));
            JsonNode error = page.error();
            return new Way.Seen(
                error, server.diagnosis(error.path("attempt").asText(), signed(theirs)));
          } finally {
            Files.delete(file);
          }
        });
    refused(
        "key server out of reach",
        RefusalCode.KEYS_UNAVAILABLE,
        page -> {
          try (MatrixServer server =
              start(
                  "drawbridge.jwt.secret",
                  "",
                  "drawbridge.jwt.jwks.url",
                  "http://127.0.0.1:" + Ports.free() + "/jwks")) {
            page.begin(server.url(), signed(rsa("ours")));
            return seen(page, server);
          }
        });
  }

  private static RsaJsonWebKey rsa(String keyId) throws Exception {
    RsaJsonWebKey key = RsaJwkGenerator.generateJwk(2048);
    key.setKeyId(keyId);
    key.setUse("sig");
    key.setAlgorithm("RS256");
    return key;
  }

  private static String signed(JsonWebKey key) throws Exception {
    JsonWebSignature signature = new JsonWebSignature();
    signature.setAlgorithmHeaderValue("RS256");
    signature.setKeyIdHeaderValue(key.getKeyId());
    signature.setPayload(
        new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(good()));
    signature.setKey(((RsaJsonWebKey) key).getPrivateKey());
    return signature.getCompactSerialization();
  }
}
