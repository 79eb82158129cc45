package dev.drawbridge.spring.internal;

import dev.drawbridge.db.DbException;
import dev.drawbridge.filters.settings.ConfigurationException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/**
 * Says why Drawbridge has refused the start, by the names of application.properties, and what to
 * change; for what a container wraps in its own exceptions. Stateless.
 */
final class StartFailureAnalyzer implements FailureAnalyzer {
  private static final int DEEPEST = 32;

  @Override
  public @Nullable FailureAnalysis analyze(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
      if (cause instanceof ConfigurationException wrong) {
        return ofSettings(wrong);
      }
      if (cause instanceof EndpointStartException refused) {
        return new FailureAnalysis(
            "Drawbridge cannot start: " + refused.getMessage(), refused.action(), refused);
      }
      if (cause instanceof DbException unreachable && isOurs(failure)) {
        return new FailureAnalysis(
            "Drawbridge cannot start: " + unreachable.getMessage(),
            "Look whether the database of the DataSource bean, or of drawbridge.db.url, answers and"
                + " holds the tables. With drawbridge.db.start-mode=degraded the application starts"
                + " without it; with drawbridge.users=token it needs none.",
            unreachable);
      }
      cause = cause.getCause();
    }
    return null;
  }

  /** Applications use the module db for themselves, too. */
  private static boolean isOurs(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
      for (StackTraceElement at : cause.getStackTrace()) {
        if (at.getClassName().equals(ContextSetup.class.getName())) {
          return true;
        }
      }
      cause = cause.getCause();
    }
    return false;
  }

  private static FailureAnalysis ofSettings(ConfigurationException wrong) {
    List<String> problems = wrong.problems().stream().map(PropertyNames::translated).toList();
    StringBuilder description = new StringBuilder("Drawbridge cannot start:");
    for (String problem : problems) {
      description.append("\n\n    - ").append(problem);
    }
    StringBuilder action =
        new StringBuilder(
            "Set these in application.properties or YAML, or as environment variables"
                + " (drawbridge.jwt.issuer is DRAWBRIDGE_JWT_ISSUER).");
    if (problems.stream()
        .anyMatch(
            problem ->
                problem.contains("drawbridge.db.url is required")
                    || problem.contains("app_user"))) {
      action.append(
          "\n\nUsers come from one of: a DataSource bean (of several the one that is @Primary, or a"
              + " Database bean made of one) with the table app_user or with"
              + " drawbridge.user.query; a bean of the type UserSource; drawbridge.users=token,"
              + " which looks nobody up. With the artifact drawbridge-migrations on the class path"
              + " the table is made on H2, and on others with drawbridge.db.migrate=migrate.");
    }
    if (problems.stream().anyMatch(problem -> problem.contains("drawbridge.jwt."))) {
      action.append(
          "\n\nOn your own machine drawbridge.environment=development together with"
              + " drawbridge.websocket.dev-mode=true needs none of the drawbridge.jwt.* settings.");
    }
    return new FailureAnalysis(description.toString(), action.toString(), wrong);
  }
}
