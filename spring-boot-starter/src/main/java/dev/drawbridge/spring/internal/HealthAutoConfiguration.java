package dev.drawbridge.spring.internal;

import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** The health of the endpoint for Actuator of Boot 3; {@link ModularHealthAutoConfiguration} 4. */
@AutoConfiguration(after = DrawbridgeAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(ContextSetup.class)
@ConditionalOnEnabledHealthIndicator(SpringSettings.PREFIX)
class HealthAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean(name = "drawbridgeHealthIndicator")
  HealthIndicator drawbridgeHealthIndicator(ContextSetup setup) {
    return () -> {
      EndpointHealth found = EndpointHealth.of(setup);
      return Health.status(found.state().name()).withDetails(found.details()).build();
    };
  }
}
