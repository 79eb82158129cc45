package dev.drawbridge.spring.shop;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Channels;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.spring.HandshakeAuthenticationFilter;
import java.security.Principal;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Orders that are paid over the WebSocket and over HTTP, and pages that see it. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableMethodSecurity
@Import({Orders.class, ShopApplication.Routes.class})
public class ShopApplication {
  /** One order. */
  public record PayOrder(long id) {}

  // handlers
  @Bean
  Consumer<Endpoint.Builder> shop(Orders orders, Connections connections) {
    return endpoint ->
        endpoint
            .on("order.pay", PayOrder.class, (pay, connection) -> orders.pay(pay.id(), false))
            .on("order.fail", PayOrder.class, (pay, connection) -> orders.pay(pay.id(), true))
            .on("order.cancel", PayOrder.class, (pay, connection) -> orders.cancel(pay.id()))
            .on("online", Void.class, (none, connection) -> connections.size())
            .channel("orders:", rules -> rules.authorize((user, action, names) -> names));
  }

  /** Denied at once, and denied when its work is done. */
  @Bean
  Consumer<Endpoint.Builder> later(Orders orders) {
    return endpoint ->
        endpoint.on(
            "order.cancel-later",
            PayOrder.class,
            (pay, connection) -> {
              SecurityContext context = SecurityContextHolder.getContext();
              CompletionStage<String> later =
                  CompletableFuture.supplyAsync(
                      () -> {
                        SecurityContextHolder.setContext(context);
                        try {
                          return orders.cancel(pay.id());
                        } finally {
                          SecurityContextHolder.clearContext();
                        }
                      });
              return later;
            });
  }

  // users
  @Bean
  UserSource users() {
    return subject -> Optional.of(User.of(subject, subject, roles(subject)));
  }

  // end

  private static Set<String> roles(String subject) {
    return subject.equals("alice") ? Set.of("ADMIN") : Set.of();
  }

  // chain
  @Bean
  SecurityFilterChain security(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(
            requests -> requests.requestMatchers("/open").permitAll().anyRequest().authenticated())
        .addFilterBefore(new HandshakeAuthenticationFilter(), AnonymousAuthenticationFilter.class)
        .httpBasic(basic -> {})
        .csrf(csrf -> csrf.ignoringRequestMatchers("/api/**"))
        .build();
  }

  // end

  /** Routes that were there before. */
  @RestController
  static class Routes {
    private final Channels channels;

    Routes(Channels channels) {
      this.channels = channels;
    }

    @GetMapping("/open")
    String open() {
      return "open";
    }

    @GetMapping("/account")
    String account(Principal user) {
      return user.getName();
    }

    @GetMapping("/api/me")
    String me(Principal user) {
      return user.getName();
    }

    @PostMapping("/api/tell/{id}")
    String tell(@PathVariable("id") long id) throws Exception {
      return "seq "
          + (channels
                  .publish("orders:" + id, "order.seen", null)
                  .toCompletableFuture()
                  .get(5, TimeUnit.SECONDS)
                  .seq()
              > 0);
    }
  }
}
