package dev.drawbridge.spring.internal;

import dev.drawbridge.db.Urls;
import dev.drawbridge.filters.settings.Setting;
import java.util.Locale;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/**
 * Keeps the secrets of our settings out of Actuator's {@code env}, also where an application shows
 * the values of others there.
 */
@AutoConfiguration(after = DrawbridgeAutoConfiguration.class)
@ConditionalOnClass(SanitizingFunction.class)
@ConditionalOnBean(ContextSetup.class)
class SecretsAutoConfiguration {

  @Bean
  SanitizingFunction drawbridgeSanitizingFunction() {
    return SecretsAutoConfiguration::withoutSecrets;
  }

  private static SanitizableData withoutSecrets(SanitizableData shown) {
    String key = shown.getKey();
    Setting setting =
        key.toLowerCase(Locale.ROOT).startsWith(SpringSettings.PREFIX) ? Setting.named(key) : null;
    if (setting == null || shown.getValue() == null) {
      return shown;
    }
    if (setting.isSecret()) {
      return shown.withSanitizedValue();
    }
    String text = String.valueOf(shown.getValue());
    return text.startsWith("jdbc:") || text.contains("://") ? shown.withValue(masked(text)) : shown;
  }

  /** Lists of addresses, such as those of origins, hold no login; one address may. */
  private static String masked(String text) {
    return text.startsWith("jdbc:") || text.indexOf('@') >= 0 ? Urls.masked(text) : text;
  }
}
