package dev.drawbridge.spring.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.settings.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** What an application is told to change; that it is told is in StartFailuresTest. */
class StartFailureAnalyzerTest {

  /** A data source as nearly every application has one, and no word about users. */
  @Test
  void tableOfUsersThatIsMissingIsToldWithTheOtherWaysToUsers() {
    ConfigurationException wrong =
        new ConfigurationException(
            List.of(
                "the table app_user or app_user_role cannot be read (SQLState 42S04); apply the"
                    + " migrations or set DRAWBRIDGE_USER_QUERY"));

    FailureAnalysis told =
        new StartFailureAnalyzer().analyze(new IllegalStateException("wrapped", wrong));

    assertThat(told).isNotNull();
    assertThat(told.getDescription()).contains("app_user_role").contains("drawbridge.user.query");
    assertThat(told.getAction())
        .contains("of several the one that is @Primary")
        .contains("a bean of the type UserSource; drawbridge.users=token")
        .contains("drawbridge-migrations on the class path");
  }
}
