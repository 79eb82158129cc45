package com.example.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.OAuth2AuthorizationServerConfiguration;
import org.springframework.security.config.annotation.web.configurers.oauth2.server.authorization.OAuth2AuthorizationServerConfigurer;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.oidc.OidcScopes;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsConfigurationSource;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;

/**
 * An OpenID provider with a login form: Spring Authorization Server, with keys that a test can
 * change. Thread-safe.
 */
final class LoginServer implements AutoCloseable {
  static final String CLIENT = "shop-web";

  private final ConfigurableApplicationContext context;

  private LoginServer(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /**
   * Starts it.
   *
   * @param page the origin of the page that may log people in
   */
  static LoginServer start(String page) {
    SpringApplication application = new SpringApplication(Setup.class);
    application.setDefaultProperties(
        Map.of(
            "server.port", "0",
            "server.address", "localhost",
            "spring.main.banner-mode", "off",
            "page", page));
    return new LoginServer(application.run());
  }

  int port() {
    return ((WebServerApplicationContext) context).getWebServer().getPort();
  }

  /** As it stands in tokens and metadata. */
  String issuer() {
    return "http://localhost:" + port();
  }

  /** Signs with a new key from now on; the old one stays published. */
  void rotate() throws JOSEException {
    context.getBean(Keys.class).add();
  }

  /** Stops, before its test is over. */
  void goesAway() {
    context.close();
  }

  @Override
  public void close() {
    context.close();
  }

  /** The newest signs, all are published. */
  static final class Keys implements JWKSource<SecurityContext> {
    private final List<JWK> keys = new ArrayList<>();

    Keys() throws JOSEException {
      add();
    }

    synchronized void add() throws JOSEException {
      keys.add(0, new RSAKeyGenerator(2048).keyID(UUID.randomUUID().toString()).generate());
    }

    @Override
    public synchronized List<JWK> get(
        com.nimbusds.jose.jwk.JWKSelector selector, SecurityContext context) {
      boolean signs = selector.getMatcher().getAlgorithms() != null;
      return selector.select(new JWKSet(signs ? keys.subList(0, 1) : keys));
    }
  }

  /** The beans. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Setup {
    @Bean
    Keys keys() throws JOSEException {
      return new Keys();
    }

    /** For the user info, which asks with an access token. */
    @Bean
    JwtDecoder decoder(Keys keys) {
      return OAuth2AuthorizationServerConfiguration.jwtDecoder(keys);
    }

    @Bean
    @Order(1)
    SecurityFilterChain protocol(HttpSecurity http) throws Exception {
      OAuth2AuthorizationServerConfigurer server = new OAuth2AuthorizationServerConfigurer();
      return http.securityMatcher(server.getEndpointsMatcher())
          .with(server, it -> it.oidc(Customizer.withDefaults()))
          .authorizeHttpRequests(all -> all.anyRequest().authenticated())
          .cors(Customizer.withDefaults())
          .exceptionHandling(
              it -> it.authenticationEntryPoint(new LoginUrlAuthenticationEntryPoint("/login")))
          .build();
    }

    @Bean
    SecurityFilterChain form(HttpSecurity http) throws Exception {
      return http.authorizeHttpRequests(all -> all.anyRequest().authenticated())
          .formLogin(Customizer.withDefaults())
          .build();
    }

    @Bean
    UserDetailsService users() {
      return new InMemoryUserDetailsManager(
          User.withUsername("alice").password("{noop}1234").roles("admin").build());
    }

    @Bean
    RegisteredClientRepository clients(Environment settings) {
      return new InMemoryRegisteredClientRepository(
          RegisteredClient.withId(CLIENT)
              .clientId(CLIENT)
              .clientAuthenticationMethod(ClientAuthenticationMethod.NONE)
              .authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
              .redirectUri(settings.getRequiredProperty("page") + "/")
              .scope(OidcScopes.OPENID)
              .clientSettings(
                  ClientSettings.builder()
                      .requireProofKey(true)
                      .requireAuthorizationConsent(false)
                      .build())
              .tokenSettings(
                  TokenSettings.builder().accessTokenTimeToLive(Duration.ofMinutes(15)).build())
              .build());
    }

    @Bean
    AuthorizationServerSettings server() {
      return AuthorizationServerSettings.builder().build();
    }

    @Bean
    OAuth2TokenCustomizer<JwtEncodingContext> roles() {
      return context ->
          context
              .getClaims()
              .claim(
                  "roles",
                  context.getPrincipal().getAuthorities().stream()
                      .map(authority -> String.valueOf(authority.getAuthority()))
                      .filter(name -> name.startsWith("ROLE_"))
                      .map(name -> name.substring(5))
                      .toList());
    }

    @Bean
    CorsConfigurationSource corsConfigurationSource(Environment settings) {
      CorsConfiguration page = new CorsConfiguration();
      page.addAllowedOrigin(settings.getRequiredProperty("page"));
      page.addAllowedMethod("POST");
      page.addAllowedHeader("*");
      UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
      source.registerCorsConfiguration("/oauth2/token", page);
      return source;
    }
  }
}
