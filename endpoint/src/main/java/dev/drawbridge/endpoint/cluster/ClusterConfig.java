package dev.drawbridge.endpoint.cluster;

import dev.drawbridge.db.Urls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the settings {@code DRAWBRIDGE_CLUSTER_…} say to an engine. Immutable; the text of it holds
 * no secret.
 */
public final class ClusterConfig {
  /** Longest file of a password that is read, in bytes. */
  private static final int MAX_PASSWORD_BYTES = 4096;

  private final String engine;
  private final String name;
  private final @Nullable String url;
  private final @Nullable String user;
  private final @Nullable String password;
  private final @Nullable Path passwordFile;
  private final Function<String, @Nullable Object> attributes;

  private ClusterConfig(Builder builder) {
    this.engine = builder.engine;
    this.name = builder.name;
    this.url = builder.url;
    this.user = builder.user;
    this.password = builder.password;
    this.passwordFile = builder.passwordFile;
    this.attributes = builder.attributes;
  }

  /**
   * Begins one.
   *
   * @param engine as {@link ClusterEngineFactory#name} says
   * @param name of the deployment
   */
  public static Builder builder(String engine, String name) {
    return new Builder(engine, name);
  }

  /** As {@link ClusterEngineFactory#name} says. */
  public String engine() {
    return engine;
  }

  /**
   * The deployment: 1 to 32 characters of {@code [a-z0-9_-]}, the first a letter. In front of all
   * that the engine keeps.
   */
  public String name() {
    return name;
  }

  /** Where the engine's server is, null when nobody has said. May hold a password. */
  public @Nullable String url() {
    return url;
  }

  /** The user there, null for none. */
  public @Nullable String user() {
    return user;
  }

  /**
   * The password, null for none. Read from its file at each call, so that a new one counts from the
   * next connection on: call it for each.
   *
   * @throws EngineException if the file cannot be read
   */
  public @Nullable String password() throws EngineException {
    Path file = passwordFile;
    if (file == null) {
      return password;
    }
    try {
      if (Files.size(file) > MAX_PASSWORD_BYTES) {
        throw new IOException("more than " + MAX_PASSWORD_BYTES + " bytes");
      }
      return Files.readString(file).stripTrailing();
    } catch (IOException e) {
      throw new EngineException(
          EngineException.Outcome.NOT_SENT,
          "DRAWBRIDGE_CLUSTER_PASSWORD_FILE cannot be read (" + e.getClass().getSimpleName() + ")");
    }
  }

  /**
   * What the application has put into its servlet context under the name of a type, such as a
   * {@code javax.sql.DataSource}. A {@code dev.drawbridge.db.Database} is always there in a web
   * application: the one under its users, or one that is opened as the settings say.
   */
  public <T> Optional<T> brought(Class<T> type) {
    Object value = attributes.apply(type.getName());
    return type.isInstance(value) ? Optional.of(type.cast(value)) : Optional.empty();
  }

  @Override
  public String toString() {
    return "ClusterConfig["
        + engine
        + " "
        + name
        + (url == null ? "" : " " + Urls.masked(url))
        + (user == null ? "" : " user " + user)
        + (password == null && passwordFile == null ? "" : " password ***")
        + "]";
  }

  /** Collects what the settings say. For one thread. */
  public static final class Builder {
    private final String engine;
    private final String name;
    private @Nullable String url;
    private @Nullable String user;
    private @Nullable String password;
    private @Nullable Path passwordFile;
    private Function<String, @Nullable Object> attributes = attribute -> null;

    private Builder(String engine, String name) {
      this.engine = engine;
      this.name = name;
    }

    /** Where the engine's server is. */
    public Builder url(@Nullable String value) {
      url = value;
      return this;
    }

    /** The user there. */
    public Builder user(@Nullable String value) {
      user = value;
      return this;
    }

    /** The password. */
    public Builder password(@Nullable String value) {
      password = value;
      return this;
    }

    /** The file that holds it. */
    public Builder passwordFile(@Nullable Path value) {
      passwordFile = value;
      return this;
    }

    /** What {@link ClusterConfig#brought} looks into, by the name of a type. */
    public Builder attributes(Function<String, @Nullable Object> value) {
      attributes = value;
      return this;
    }

    /** The configuration. */
    public ClusterConfig build() {
      return new ClusterConfig(this);
    }
  }
}
