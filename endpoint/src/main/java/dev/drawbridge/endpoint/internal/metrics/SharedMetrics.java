package dev.drawbridge.endpoint.internal.metrics;

import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.ServletContext;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metrics of one web application, shared by its endpoints: the first one that starts opens
 * them, the last one that stops closes them. Thread-safe.
 *
 * <p>An application that has a {@code MeterRegistry} sets it as a servlet context attribute under
 * the name of that class. Else, with the registry for Prometheus on the class path and the setting
 * on, there is one of our own. Else nothing is measured.
 */
public final class SharedMetrics {
  /** Micrometer's class, and the name of the attribute. */
  public static final String REGISTRY = "io.micrometer.core.instrument.MeterRegistry";

  private static final Logger log = LoggerFactory.getLogger(SharedMetrics.class);
  private static final String PROMETHEUS =
      "io.micrometer.prometheusmetrics.PrometheusMeterRegistry";
  private static final String ATTRIBUTE = SharedMetrics.class.getName();

  /** Guards the attribute and the counts of every web application in this class loader. */
  private static final ReentrantLock LOCK = new ReentrantLock();

  private final ServletContext context;
  private final DrawbridgeRuntime runtime;
  private final List<Figures> endpoints = new CopyOnWriteArrayList<>();
  private final EndpointMetrics meters;

  /** Takes our meters out of the registry again; null when there are none. */
  private final @Nullable AutoCloseable open;

  private SharedMetrics(ServletContext context, DrawbridgeRuntime runtime) {
    this.context = context;
    this.runtime = runtime;
    EndpointMetrics opened = open();
    this.meters = opened;
    Settings settings = runtime.settings();
    if (isServed(runtime)
        && settings.source(Setting.METRICS) != Settings.Source.DEFAULT
        && opened.scrape() == null) {
      log.warn(
          "{}={}, but GET /ws/metrics answers 404: {}",
          Setting.METRICS.variable(),
          settings.string(Setting.METRICS),
          opened.whyNoScrape());
    }
    this.open = opened instanceof AutoCloseable closeable ? closeable : null;
  }

  /**
   * Joins; needs one {@link #leave}.
   *
   * @param endpoint asked when somebody reads the metrics
   */
  public static SharedMetrics join(
      ServletContext context, DrawbridgeRuntime runtime, Figures endpoint) {
    LOCK.lock();
    try {
      SharedMetrics shared =
          context.getAttribute(ATTRIBUTE) instanceof SharedMetrics present ? present : null;
      if (shared == null) {
        shared = new SharedMetrics(context, runtime);
        context.setAttribute(ATTRIBUTE, shared);
        runtime.attempts().listen(shared.open == null ? null : shared.meters::handshake);
      }
      shared.endpoints.add(endpoint);
      return shared;
    } finally {
      LOCK.unlock();
    }
  }

  /** Leaves. */
  public void leave(Figures endpoint) {
    LOCK.lock();
    try {
      if (endpoints.remove(endpoint) && endpoints.isEmpty()) {
        context.removeAttribute(ATTRIBUTE);
        runtime.attempts().listen(null);
        if (open != null) {
          open.close();
        }
      }
    } catch (Exception e) {
      log.warn("the metrics did not close: {}", e.toString());
    } finally {
      LOCK.unlock();
    }
  }

  /** Where to report. */
  public EndpointMetrics meters() {
    return meters;
  }

  /** True when somebody can read them over HTTP. */
  private static boolean isServed(DrawbridgeRuntime runtime) {
    return runtime.management().isSet()
        && !"off".equals(runtime.settings().string(Setting.METRICS));
  }

  private EndpointMetrics open() {
    Object given = context.getAttribute(REGISTRY);
    boolean wanted = isServed(runtime);
    Supplier<List<Figures>> all = () -> endpoints;
    if (given == null) {
      if (!wanted) {
        return new OffMetrics(
            Setting.METRICS.variable()
                + " is off, or "
                + Setting.MANAGEMENT_TOKEN.variable()
                + " is not set");
      }
      return isPresent(PROMETHEUS)
          ? PrometheusMetrics.open(context.getContextPath(), runtime, all)
          : new OffMetrics(
              "io.micrometer:micrometer-registry-prometheus is not on the class path"
                  + (isPresent(REGISTRY)
                      ? ", and the application has set no MeterRegistry as context attribute"
                      : ""));
    }
    if (!isPresent(REGISTRY)) {
      String reason =
          "the context attribute "
              + REGISTRY
              + " is set, but the class path of the endpoint has no Micrometer";
      log.warn("{}; nothing is measured", reason);
      return new OffMetrics(reason);
    }
    EndpointMetrics over =
        MicrometerMetrics.over(given, context.getContextPath(), runtime, all, wanted);
    return over == null
        ? new OffMetrics("the context attribute " + REGISTRY + " is of another class loader")
        : over;
  }

  /** Asked of the loader that our own classes would find it by. */
  private static boolean isPresent(String name) {
    try {
      Class.forName(name, false, SharedMetrics.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }
}
