package dev.drawbridge.spring.internal;

import dev.drawbridge.outbox.Outbox;
import dev.drawbridge.spring.OutboxTemplate;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** The outbox as beans, where {@code drawbridge-cluster-sql} is on the class path. */
@AutoConfiguration(after = DrawbridgeAutoConfiguration.class)
@ConditionalOnClass(Outbox.class)
@ConditionalOnBean(ContextSetup.class)
class OutboxAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean
  Outbox drawbridgeOutbox(ContextSetup setup) {
    return LateBean.of(Outbox.class, setup, Outbox::of);
  }

  /** For the transactions of Spring; the rest needs nothing of it. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({DataSourceUtils.class, TransactionSynchronizationManager.class})
  static class InTransactionsOfSpring {

    /** Not for a database beside the application's: its relay would look in the other one. */
    @Bean
    @Conditional(DatabaseAutoConfiguration.NoDatabaseOfItsOwn.class)
    @ConditionalOnSingleCandidate(DataSource.class)
    @ConditionalOnMissingBean
    OutboxTemplate drawbridgeOutboxTemplate(DataSource dataSource, Outbox outbox) {
      return new OutboxTemplate(dataSource, outbox);
    }
  }
}
