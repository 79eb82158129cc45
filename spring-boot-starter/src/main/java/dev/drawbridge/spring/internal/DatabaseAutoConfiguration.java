package dev.drawbridge.spring.internal;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.filters.settings.Setting;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.ClassUtils;

/** The application's data source as the database of users, revocations and outbox. */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
      "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration"
    })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnProperty(
    prefix = SpringSettings.PREFIX,
    name = "enabled",
    havingValue = "true",
    matchIfMissing = true)
class DatabaseAutoConfiguration {
  private static final String MIGRATIONS = "dev.drawbridge.migrations.Migrations";

  /** A database that is set by Drawbridge's own settings is another one. */
  static final class NoDatabaseOfItsOwn extends SpringBootCondition {
    @Override
    public ConditionOutcome getMatchOutcome(
        ConditionContext context, AnnotatedTypeMetadata metadata) {
      boolean own = false;
      if (context.getEnvironment() instanceof ConfigurableEnvironment environment) {
        SpringSettings settings = SpringSettings.of(environment);
        own = settings.has(Setting.DB_URL) || settings.has(Setting.DB_JNDI);
      }
      ConditionMessage.Builder message = ConditionMessage.forCondition("Drawbridge's database");
      return own
          ? ConditionOutcome.noMatch(
              message.because("drawbridge.db.url or drawbridge.db.jndi is set"))
          : ConditionOutcome.match(message.because("no drawbridge.db.url is set"));
    }
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnSingleCandidate(DataSource.class)
  @ConditionalOnMissingBean
  @Conditional(NoDatabaseOfItsOwn.class)
  @DependsOnDatabaseInitialization
  Database drawbridgeDatabase(DataSource dataSource, ConfigurableEnvironment environment) {
    if (ClassUtils.isPresent(MIGRATIONS, DatabaseAutoConfiguration.class.getClassLoader())) {
      SchemaMigration.run(dataSource, SpringSettings.of(environment));
    }
    return Database.of(dataSource, DatabaseConfig.builder().name("drawbridge").build());
  }
}
