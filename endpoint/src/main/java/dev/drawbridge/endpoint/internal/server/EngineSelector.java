package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.db.Database;
import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ClusterEngineFactory;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.ServletContext;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what carries channels: the one that the application has brought, the one that a setting
 * names, or the memory of this server. Stateless; keeps nothing of what it has looked at.
 */
public final class EngineSelector {
  /** The engines of our own jars, for a better word when one is missing. */
  private static final List<String> OURS = List.of("redis", "sql");

  private static final String NONE = "none";
  private static final String MEMORY = "memory";

  private EngineSelector() {}

  /**
   * The engine of a web application, not started.
   *
   * @param database opens the one that Drawbridge has, for an engine that asks for it
   * @throws ConfigurationException if what is set does not lead to one engine, with the way out
   */
  public static ClusterEngine of(
      ServletContext context, Settings settings, Supplier<Database> database) {
    String wanted = Objects.requireNonNullElse(settings.string(Setting.CLUSTER), NONE);
    Object brought = context.getAttribute(ClusterEngine.class.getName());
    if (brought instanceof ClusterEngine engine) {
      if (!wanted.equals(NONE) && !wanted.equals(engine.name())) {
        throw refused(
            set(wanted)
                + ", and the application brings the engine "
                + engine.name()
                + " in its servlet context; keep one");
      }
      return engine;
    }
    if (wanted.equals(NONE) || wanted.equals(MEMORY)) {
      return new MemoryEngine();
    }
    return create(
        factory(context, wanted),
        config(context, settings, wanted, database),
        settings.string(Setting.CLUSTER_PASSWORD));
  }

  private static ClusterEngineFactory factory(ServletContext context, String wanted) {
    List<ClusterEngineFactory> all = factories(context, wanted);
    List<ClusterEngineFactory> named =
        all.stream().filter(one -> wanted.equals(one.name())).toList();
    if (named.isEmpty()) {
      throw refused(missing(wanted, all));
    }
    if (named.size() > 1) {
      throw refused(
          set(wanted)
              + ", and several engines have that name: "
              + named.stream().map(EngineSelector::place).collect(Collectors.joining(", "))
              + "; leave one of them on the class path");
    }
    return named.get(0);
  }

  private static String missing(String wanted, List<ClusterEngineFactory> all) {
    if (OURS.contains(wanted)) {
      return set(wanted)
          + " needs drawbridge-cluster-"
          + wanted
          + " on the class path of the application (WEB-INF/lib), and it is not there: add the"
          + " dependency dev.drawbridge:drawbridge-cluster-"
          + wanted
          + " with what it brings, or take the setting away where there is one server";
    }
    String names =
        Stream.concat(Stream.of(NONE), all.stream().map(ClusterEngineFactory::name))
            .sorted(Comparator.comparing((String name) -> !name.equals(NONE)).thenComparing(n -> n))
            .collect(Collectors.joining(", "));
    String close =
        Stream.concat(Stream.of(NONE, "redis", "sql"), all.stream().map(ClusterEngineFactory::name))
            .filter(name -> name.equals(wanted.toLowerCase(Locale.ROOT).strip()))
            .map(name -> "; did you mean " + name + "?")
            .findFirst()
            .orElse("");
    return set(Settings.quoted(wanted))
        + " names no engine; on the class path there is: "
        + names
        + close;
  }

  /** Those of the application, then those that are in sight of this class alone. */
  private static List<ClusterEngineFactory> factories(ServletContext context, String wanted) {
    List<ClusterEngineFactory> all = new ArrayList<>();
    if (context.getAttribute(ClusterEngineFactory.class.getName())
        instanceof ClusterEngineFactory brought) {
      all.add(brought);
    }
    addAll(Thread.currentThread().getContextClassLoader(), wanted, all);
    addAll(ClusterEngineFactory.class.getClassLoader(), wanted, all);
    return all;
  }

  private static void addAll(
      @Nullable ClassLoader loader, String wanted, List<ClusterEngineFactory> all) {
    try {
      Iterator<ClusterEngineFactory> found =
          ServiceLoader.load(ClusterEngineFactory.class, loader).iterator();
      while (found.hasNext()) {
        ClusterEngineFactory next = found.next();
        if (all.stream().noneMatch(one -> one.getClass() == next.getClass())) {
          all.add(next);
        }
      }
    } catch (ServiceConfigurationError | LinkageError e) {
      throw refused(
          set(wanted)
              + ", and an engine on the class path cannot be loaded ("
              + e.getMessage()
              + "); give its jar what it needs, or take it away");
    }
  }

  private static ClusterConfig config(
      ServletContext context, Settings settings, String wanted, Supplier<Database> database) {
    String file = settings.string(Setting.CLUSTER_PASSWORD_FILE);
    Path passwordFile;
    try {
      passwordFile = file == null ? null : Path.of(file);
    } catch (InvalidPathException e) {
      throw refused(
          Setting.CLUSTER_PASSWORD_FILE.variable() + " is no path: " + Settings.quoted(file));
    }
    return ClusterConfig.builder(
            wanted, Objects.requireNonNullElse(settings.string(Setting.CLUSTER_NAME), ""))
        .url(settings.string(Setting.CLUSTER_URL))
        .user(settings.string(Setting.CLUSTER_USER))
        .password(settings.string(Setting.CLUSTER_PASSWORD))
        .passwordFile(passwordFile)
        .attributes(
            name ->
                name.equals(Database.class.getName()) ? database.get() : context.getAttribute(name))
        .build();
  }

  /** Whoever writes an engine may forget what its message must not hold. */
  private static String withoutSecret(String message, @Nullable String password) {
    return password == null || password.isEmpty() ? message : message.replace(password, "***");
  }

  private static ClusterEngine create(
      ClusterEngineFactory factory, ClusterConfig config, @Nullable String password) {
    ClusterEngine engine;
    try {
      engine = factory.create(config);
    } catch (RuntimeException | LinkageError e) {
      // Not the cause: what it holds may be shown, and may hold the password.
      throw refused(
          set(config.engine())
              + ": "
              + (e instanceof IllegalArgumentException && e.getMessage() != null
                  ? withoutSecret(e.getMessage(), password)
                  : "the engine cannot be made (" + e.getClass().getName() + ")"));
    }
    if (engine == null) {
      throw refused(set(config.engine()) + ": " + place(factory) + " has made no engine");
    }
    return engine;
  }

  private static String set(String wanted) {
    return Setting.CLUSTER.variable() + "=" + wanted;
  }

  private static String place(ClusterEngineFactory factory) {
    return factory.getClass().getName();
  }

  static ConfigurationException refused(String problem) {
    return new ConfigurationException(List.of(problem));
  }
}
