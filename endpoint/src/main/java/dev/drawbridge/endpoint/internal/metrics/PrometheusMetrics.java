package dev.drawbridge.endpoint.internal.metrics;

import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All that needs Micrometer's registry for Prometheus; loaded only where that is present. */
final class PrometheusMetrics {
  private PrometheusMetrics() {}

  /** A registry of our own. */
  static MicrometerMetrics open(
      String contextPath, DrawbridgeRuntime runtime, Supplier<List<Figures>> endpoints) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    return new MicrometerMetrics(
        registry, contextPath, runtime, endpoints, registry::scrape, registry::close);
  }

  /** How to read the application's registry; null when it is another. */
  static @Nullable Supplier<String> scrapeOf(MeterRegistry registry) {
    return registry instanceof PrometheusMeterRegistry prometheus ? prometheus::scrape : null;
  }
}
