package dev.drawbridge.spring.internal;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The same as {@link HealthAutoConfiguration} for Boot 4, where health has a module of its own. */
@AutoConfiguration(after = DrawbridgeAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(ContextSetup.class)
@ConditionalOnEnabledHealthIndicator(SpringSettings.PREFIX)
class ModularHealthAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean(name = "drawbridgeHealthIndicator")
  HealthIndicator drawbridgeHealthIndicator(ContextSetup setup) {
    return () -> {
      EndpointHealth found = EndpointHealth.of(setup);
      return Health.status(found.state().name()).withDetails(found.details()).build();
    };
  }
}
