package dev.drawbridge.filters.cors;

import dev.drawbridge.filters.cors.rules.CorsConfig;
import dev.drawbridge.filters.cors.rules.OriginPolicy;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.LiveSettings;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses requests of origins that are not allowed, and lets pages of allowed ones read the
 * answers: plain requests, preflights and WebSocket handshakes alike, in development and in
 * production. Thread-safe.
 *
 * <p>Map it to {@code /*} in front of all other filters, with {@code async-supported}. A request
 * whose {@code Origin} is present and not allowed gets 403 {@code origin_denied} and goes no
 * further. RFC 6454 (origins), RFC 6455 section 10.2 (handshakes), Fetch standard (CORS).
 */
public final class DevCorsFilter implements Filter {
  private static final Logger log = LoggerFactory.getLogger(DevCorsFilter.class);

  /** Null before {@link #init} and after {@link #destroy}; the container's thread writes it. */
  private @Nullable DrawbridgeRuntime runtime;

  /** Null before {@link #init}; the container publishes it before the first request. */
  private LiveSettings.@Nullable Part<OriginGate> gate;

  /** True once this filter has let the request pass, here or further out in the chain. */
  public static boolean hasPassed(ServletRequest request) {
    return request.getAttribute(OriginGate.PASSED) != null;
  }

  /**
   * Checks the settings and starts.
   *
   * @throws ConfigurationException if an entry of a list could never match or would be unsafe
   */
  @Override
  public void init(FilterConfig filterConfig) {
    ServletContext context = filterConfig.getServletContext();
    DrawbridgeRuntime joined = DrawbridgeRuntime.acquire(filterConfig);
    Settings settings = joined.settings();
    CorsConfig config;
    try {
      config = CorsConfig.from(settings);
    } catch (RuntimeException e) {
      log.error(e.getMessage());
      joined.release();
      throw e;
    }
    runtime = joined;
    CorsCounters counters = new CorsCounters();
    context.setAttribute(CorsCounters.class.getName(), counters);
    context.setAttribute(OriginPolicy.class.getName(), config.origins());
    gate =
        joined
            .live()
            .join(
                new OriginGate(config, counters, joined.attempts(), joined.clock()),
                settings,
                new Gates(context));
    if (!joined.rehearses()) {
      tell(config);
    }
  }

  private static void tell(CorsConfig config) {
    log.info("Allowed origins ({}): {}", config.mode().word(), config.origins().allowed());
    config.notes().forEach(log::info);
    config.warnings().forEach(log::warn);
  }

  /** Another gate where a setting of origins is another one. */
  private static final class Gates implements LiveSettings.Maker<OriginGate> {
    private final ServletContext context;

    private Gates(ServletContext context) {
      this.context = context;
    }

    @Override
    public OriginGate make(Settings next, Settings before, OriginGate present) {
      CorsConfig config = CorsConfig.from(next);
      return CorsConfig.isChanged(next, before) ? present.with(config) : present;
    }

    @Override
    public void inForce(OriginGate now, OriginGate before) {
      context.setAttribute(OriginPolicy.class.getName(), now.config().origins());
      tell(now.config());
    }
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    LiveSettings.Part<OriginGate> open = gate;
    if (open == null) {
      throw new ServletException("DevCorsFilter has not been started");
    }
    if (request instanceof HttpServletRequest httpRequest
        && response instanceof HttpServletResponse httpResponse) {
      open.get().handle(httpRequest, httpResponse, chain);
    } else {
      throw new ServletException("DevCorsFilter judges HTTP requests only");
    }
  }

  @Override
  public void destroy() {
    if (gate != null) {
      gate.leave();
    }
    if (runtime != null) {
      runtime.release();
      runtime = null;
    }
  }
}
