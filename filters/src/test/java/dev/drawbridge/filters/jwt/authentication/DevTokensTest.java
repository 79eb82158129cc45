package dev.drawbridge.filters.jwt.authentication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.filters.access.DevKey;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevTokensTest {

  private static DevTokens tokens(TestServer server) {
    return server.runtime().authenticator().devTokens();
  }

  @Test
  void mintedTokenOpensTheDoorAndAnExpiredOneDoesNot() throws Exception {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("ENVIRONMENT", "dev");
    settings.put("WEBSOCKET_DEV_MODE", "true");
    try (TestServer server = new TestServer(settings).start()) {
      DevTokens.Minted minted = tokens(server).mint("alice", DevTokens.DEFAULT_TTL, false);

      assertThat(server.bearer(minted.token()).status()).isEqualTo(101);
      assertThat(
              server
                  .bearer(tokens(server).mint("alice", DevTokens.DEFAULT_TTL, true).token())
                  .code())
          .isEqualTo("token_expired");
      assertThat(
              server
                  .bearer(tokens(server).mint("nobody", DevTokens.DEFAULT_TTL, false).token())
                  .code())
          .isEqualTo("user_not_found");
      assertThat(minted.toString()).doesNotContain(minted.token());
    }
  }

  @Test
  void secretOfOneStartIsUselessInTheNext() throws Exception {
    Map<String, String> settings = Map.of("ENVIRONMENT", "dev", "WEBSOCKET_DEV_MODE", "true");
    String token;
    try (TestServer server = new TestServer(settings).start()) {
      token = tokens(server).mint("alice", DevTokens.DEFAULT_TTL, false).token();
    }
    try (TestServer server = new TestServer(settings).start()) {
      assertThat(server.bearer(token).code()).isEqualTo("token_signature_invalid");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a\nb"})
  void subjectMustFit(String subject) throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start()) {
      assertThatThrownBy(() -> tokens(server).mint(subject, DevTokens.DEFAULT_TTL, false))
          .hasMessage("request_invalid");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 86_401})
  void lifetimeMustFit(long seconds) throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start()) {
      assertThatThrownBy(() -> tokens(server).mint("alice", Duration.ofSeconds(seconds), false))
          .hasMessage("request_invalid");
      assertThat(
              server
                  .bearer(tokens(server).mint("alice", Duration.ofDays(1), false).token())
                  .status())
          .isEqualTo(101);
    }
  }

  @Test
  void publicKeyCannotSignAndProductionDoesNot(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("key.pem");
    Files.writeString(file, TestKeys.pem(TestKeys.RSA.getPublic()));
    Map<String, String> settings = TestServer.settings();
    settings.remove("drawbridge.jwt.secret");
    settings.put("drawbridge.jwt.public.key", file.toString());
    try (TestServer server = new TestServer(settings).start();
        TestServer production = new TestServer(TestServer.production()).start()) {
      assertThat(tokens(server).isAvailable()).isFalse();
      assertThatThrownBy(() -> tokens(server).mint("alice", DevTokens.DEFAULT_TTL, false))
          .hasMessage("dev_token_unavailable");
      assertThatThrownBy(() -> tokens(production).mint("alice", DevTokens.DEFAULT_TTL, false))
          .hasMessage("dev_token_unavailable");
    }
  }

  @Test
  void withoutTheKeyOnlyTheSecretOfThisStartSigns() throws Exception {
    Map<String, String> configured = TestServer.settings();
    configured.put("drawbridge.dev.key", "off");
    Map<String, String> random = new LinkedHashMap<>(configured);
    random.remove("drawbridge.jwt.secret");
    try (TestServer own = new TestServer(configured).start();
        TestServer made = new TestServer(random).start();
        TestServer keyed = new TestServer(TestServer.settings()).start()) {
      assertThatThrownBy(() -> tokens(own).mint("alice", DevTokens.DEFAULT_TTL, false))
          .hasMessage("dev_token_unavailable");
      assertThat(tokens(made).mint("alice", DevTokens.DEFAULT_TTL, false).token()).isNotBlank();
      assertThat(tokens(keyed).mint("alice", DevTokens.DEFAULT_TTL, false).token()).isNotBlank();
    }
  }

  /** Asks the question inside a real request and answers with its result. */
  private static final class OfferFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException {
      DevKey key =
          ((dev.drawbridge.filters.runtime.DrawbridgeRuntime)
                  request
                      .getServletContext()
                      .getAttribute(
                          dev.drawbridge.filters.runtime.DrawbridgeRuntime.class.getName()))
              .devKey();
      ((HttpServletResponse) response)
          .setStatus(key.isAskedFrom((HttpServletRequest) request) ? 200 : 404);
    }
  }

  private static TestServer offering(Map<String, String> settings) throws Exception {
    TestServer server = new TestServer(settings);
    server
        .context()
        .addFilter(
            new FilterHolder(new OfferFilter()), "/offer", EnumSet.of(DispatcherType.REQUEST));
    return server.start();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Forwarded: for=127.0.0.1", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: localhost",
        "x-forwarded-proto: http", "X-Real-IP: 127.0.0.1", "Via: 1.1 proxy",
        "CF-Connecting-IP: 127.0.0.1"
      })
  void proxiedRequestIsOfferedNothing(String header) throws Exception {
    try (TestServer server = offering(TestServer.settings())) {
      assertThat(server.plain("/offer", "Host: localhost").status()).isEqualTo(200);
      assertThat(server.plain("/offer", "Host: localhost", header).status()).isEqualTo(404);
    }
  }

  @Test
  void onlyLoopbackNamesAreHosts() throws Exception {
    try (TestServer server = offering(TestServer.settings())) {
      for (String host :
          new String[] {"localhost", "LOCALHOST:8087", "127.0.0.1:1", "[::1]", "[::1]:80"}) {
        assertThat(server.plain("/offer", "Host: " + host).status()).as(host).isEqualTo(200);
      }
      for (String host :
          new String[] {
            "rebound.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.2",
            "[::2]",
            "0.0.0.0",
            "localhost."
          }) {
        assertThat(server.plain("/offer", "Host: " + host).status()).as(host).isEqualTo(404);
      }
    }
  }

  @Test
  void productionOffersNothing() throws Exception {
    try (TestServer server = offering(TestServer.production())) {
      assertThat(server.plain("/offer", "Host: localhost").status()).isEqualTo(404);
    }
  }
}
