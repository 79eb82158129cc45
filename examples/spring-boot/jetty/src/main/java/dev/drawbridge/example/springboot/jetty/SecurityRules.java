package dev.drawbridge.example.springboot.jetty;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;

/**
 * Spring Security beside Drawbridge: the endpoint's paths are open to it, the token is the login.
 */
@Configuration(proxyBeanMethods = false)
class SecurityRules {
  @Bean
  SecurityFilterChain rules(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(
            requests ->
                requests
                    .requestMatchers("/ws", "/ws/**", "/hello")
                    .permitAll()
                    .anyRequest()
                    .authenticated())
        // The token of a form means nothing to a request that carries its own.
        .csrf(csrf -> csrf.ignoringRequestMatchers("/ws/**"))
        .addFilterBefore(new SecurityBridge(), AnonymousAuthenticationFilter.class)
        .build();
  }
}
