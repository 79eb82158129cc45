package dev.drawbridge.filters.runtime;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.jwt.Revocations;
import jakarta.servlet.ServletContext;
import java.time.Clock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an application has put into its servlet context before the filters start, each under the
 * name of its class; null where it has not. What is here stays the application's to close.
 */
record Brought(
    @Nullable UserDirectory directory,
    @Nullable UserSource source,
    @Nullable Database database,
    @Nullable Revocations revocations,
    @Nullable Clock clock) {

  static Brought by(ServletContext context) {
    Function<String, @Nullable Object> attributes = context::getAttribute;
    return new Brought(
        attribute(attributes, UserDirectory.class),
        attribute(attributes, UserSource.class),
        attribute(attributes, Database.class),
        attribute(attributes, Revocations.class),
        attribute(attributes, Clock.class));
  }

  /** True when users can be found without a database of ours. */
  boolean hasUsers() {
    return directory != null || source != null || database != null;
  }

  /**
   * The names of the Servlet API stay out of generic methods: the tool that makes the jar for
   * {@code javax.servlet} overlooks them in their signatures.
   */
  static <T> @Nullable T attribute(Function<String, @Nullable Object> attributes, Class<T> type) {
    Object value = attributes.apply(type.getName());
    return type.isInstance(value) ? type.cast(value) : null;
  }
}
