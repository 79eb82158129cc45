package dev.drawbridge.bench;

import com.auth0.jwt.JWT;
import com.auth0.jwt.JWTVerifier;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.interfaces.DecodedJWT;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.jwt.token.VerifiedToken;
import dev.drawbridge.filters.settings.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.lang.JoseException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One token of usual size, verified with the same checks of algorithm, type, signature, issuer,
 * audience, subject, expiry and not-before by each library; one thread.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class TokenVerificationBenchmark {
  private static final String ISSUER = "https://login.example.org";
  private static final String AUDIENCE = "bench";
  private static final String SECRET = "kT9vXw2Lq7ZrB4nYc8MfHs1DgPe6JuAa3Ri5";
  private static final int LEEWAY_SECONDS = 30;

  /** Signature algorithm. */
  @Param({"HS256", "RS256", "ES256"})
  public String algorithm;

  private String token;
  private Path keyFile;
  private UserDirectory users;
  private HandshakeAuthenticator remembering;
  private HandshakeAuthenticator forgetting;
  private JwtConsumer jose4j;
  private DefaultJWTProcessor<SecurityContext> nimbus;
  private JWTVerifier auth0;

  /** Makes the key, the token and the five verifiers. */
  @Setup
  public void open() throws GeneralSecurityException, IOException, JoseException {
    Key signing;
    Key verifying;
    Map<String, String> settings = new TreeMap<>();
    settings.put("drawbridge.jwt.issuer", ISSUER);
    settings.put("drawbridge.jwt.audience", AUDIENCE);
    if (algorithm.equals("HS256")) {
      signing = new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HMAC");
      verifying = signing;
      settings.put("drawbridge.jwt.secret", SECRET);
    } else {
      KeyPair pair = pair();
      signing = pair.getPrivate();
      verifying = pair.getPublic();
      keyFile = Files.createTempFile("bench", ".pem");
      Files.writeString(
          keyFile,
          "-----BEGIN PUBLIC KEY-----\n"
              + Base64.getMimeEncoder().encodeToString(verifying.getEncoded())
              + "\n-----END PUBLIC KEY-----\n");
      settings.put("drawbridge.jwt.public.key", keyFile.toString());
    }
    token = token(signing);
    users =
        UserDirectory.of(
            subject -> Optional.of(User.of(subject, subject, Set.of("user"))),
            UserDirectoryConfig.defaults());
    remembering = authenticator(settings);
    settings.put("drawbridge.jwt.cache.ttl", "0s");
    forgetting = authenticator(settings);
    jose4j = jose4j(verifying);
    nimbus = nimbus(verifying);
    auth0 = auth0(verifying);
  }

  private KeyPair pair() throws GeneralSecurityException {
    if (algorithm.equals("RS256")) {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    }
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private String token(Key key) throws JoseException {
    JwtClaims claims = new JwtClaims();
    claims.setIssuer(ISSUER);
    claims.setAudience(AUDIENCE);
    claims.setSubject("user-500");
    claims.setIssuedAtToNow();
    claims.setNotBeforeMinutesInThePast(1);
    claims.setExpirationTimeMinutesInTheFuture(600);
    claims.setJwtId("0d9f1c52-7d5a-4a63-9b6e-2f1c7f0f8f11");
    claims.setStringListClaim("roles", List.of("user", "editor"));
    JsonWebSignature signature = new JsonWebSignature();
    signature.setAlgorithmHeaderValue(algorithm);
    signature.setHeader("typ", "JWT");
    signature.setPayload(claims.toJson());
    signature.setKey(key);
    return signature.getCompactSerialization();
  }

  private HandshakeAuthenticator authenticator(Map<String, String> settings) {
    return HandshakeAuthenticator.open(Settings.of(settings), users, null, null, Clock.systemUTC());
  }

  private JwtConsumer jose4j(Key key) {
    return new JwtConsumerBuilder()
        .setJwsAlgorithmConstraints(ConstraintType.PERMIT, algorithm)
        .setVerificationKey(key)
        .setExpectedType(false, "JWT")
        .setExpectedIssuer(ISSUER)
        .setExpectedAudience(AUDIENCE)
        .setRequireSubject()
        .setRequireExpirationTime()
        .setMaxFutureValidityInMinutes(24 * 60)
        .setAllowedClockSkewInSeconds(LEEWAY_SECONDS)
        .build();
  }

  private DefaultJWTProcessor<SecurityContext> nimbus(Key key) {
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    JWSAlgorithm only = JWSAlgorithm.parse(algorithm);
    processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT));
    processor.setJWSKeySelector(
        (header, context) -> only.equals(header.getAlgorithm()) ? List.of(key) : List.of());
    DefaultJWTClaimsVerifier<SecurityContext> claims =
        new DefaultJWTClaimsVerifier<>(
            AUDIENCE, new JWTClaimsSet.Builder().issuer(ISSUER).build(), Set.of("sub", "exp"));
    claims.setMaxClockSkew(LEEWAY_SECONDS);
    processor.setJWTClaimsSetVerifier(claims);
    return processor;
  }

  private JWTVerifier auth0(Key key) {
    Algorithm verification =
        switch (algorithm) {
          case "RS256" -> Algorithm.RSA256((RSAPublicKey) key, null);
          case "ES256" -> Algorithm.ECDSA256((ECPublicKey) key, null);
          default -> Algorithm.HMAC256(key.getEncoded());
        };
    return JWT.require(verification)
        .withIssuer(ISSUER)
        .withAudience(AUDIENCE)
        .withClaimPresence("sub")
        .withClaimPresence("exp")
        .acceptLeeway(LEEWAY_SECONDS)
        .build();
  }

  /** Removes the key file. */
  @TearDown
  public void close() throws IOException {
    remembering.close();
    forgetting.close();
    users.close();
    if (keyFile != null) {
      Files.delete(keyFile);
    }
  }

  /** Drawbridge, a token that was seen within the last minute. */
  @Benchmark
  public VerifiedToken drawbridgeKnown() {
    return remembering.verify(token);
  }

  /** Drawbridge, a token that is new: screen, signature, claims. */
  @Benchmark
  public VerifiedToken drawbridgeNew() {
    return forgetting.verify(token);
  }

  /** Plain jose4j. */
  @Benchmark
  public JwtClaims jose4j() throws InvalidJwtException {
    return jose4j.processToClaims(token);
  }

  /** Nimbus JOSE + JWT. */
  @Benchmark
  public JWTClaimsSet nimbus() throws Exception {
    return nimbus.process(token, null);
  }

  /** Auth0 java-jwt. */
  @Benchmark
  public DecodedJWT auth0() {
    return auth0.verify(token);
  }
}
