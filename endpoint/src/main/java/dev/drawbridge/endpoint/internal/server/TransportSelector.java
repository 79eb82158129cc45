package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.endpoint.internal.transport.jakarta.JakartaContainer;
import dev.drawbridge.endpoint.internal.transport.jakarta.JakartaUpgrade;
import dev.drawbridge.endpoint.internal.transport.jetty.ApiUpgrade;
import dev.drawbridge.endpoint.internal.transport.jetty.JettyReleases;
import dev.drawbridge.endpoint.internal.transport.jetty.JettyUpgrade;
import dev.drawbridge.endpoint.internal.transport.jetty.direct.DirectWay;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the way that frames take through the container: the place that knows them all. Stateless.
 */
public final class TransportSelector {
  private static final Logger log = LoggerFactory.getLogger(TransportSelector.class);

  private TransportSelector() {}

  /**
   * The one for the container of a web application.
   *
   * @throws ServletException if there is none, with what is missing
   */
  public static SocketUpgrade in(ServletContext context) throws ServletException {
    // One or the other: each names classes that only its container has.
    return JettyReleases.isJetty(context)
        ? JettyUpgrade.in(context)
        : jakarta(JakartaContainer.of(context));
  }

  /** Where the API is not in sight, the class that upgrades cannot even be linked. */
  private static SocketUpgrade jakarta(JakartaContainer found) throws ServletException {
    try {
      return JakartaUpgrade.in(found);
    } catch (LinkageError e) {
      throw new ServletException(found.hidden(), e);
    }
  }

  /**
   * The best one, once it is known what is set.
   *
   * @throws ServletException if another one is set than this container has
   */
  public static SocketUpgrade tuned(
      SocketUpgrade possible, ServletContext context, Settings settings) throws ServletException {
    String wanted = settings.string(Setting.TRANSPORT);
    boolean isJetty = JettyReleases.isJetty(context);
    if (isJetty ? "jakarta".equals(wanted) : "jetty-api".equals(wanted)) {
      throw new ServletException(
          Setting.TRANSPORT.variable()
              + " must be auto or "
              + (isJetty ? "jetty-api" : "jakarta")
              + " in this container: "
              + wanted);
    }
    return isJetty ? tunedJetty(possible, context, wanted) : possible;
  }

  private static SocketUpgrade tunedJetty(
      SocketUpgrade possible, ServletContext context, @Nullable String wanted) {
    if (!(possible instanceof ApiUpgrade api)) {
      return possible;
    }
    if ("jetty-api".equals(wanted)) {
      return api.because(Setting.TRANSPORT.variable() + "=" + wanted, null);
    }
    if (!JettyReleases.hasDirectWay(context.getServerInfo())) {
      return api.because("Jetty 12.0 has no other way", "take Jetty 12.1");
    }
    try {
      return DirectWay.in(context, JettyReleases.isEe11(context), api);
    } catch (LinkageError | RuntimeException e) {
      // A WAR sees none of Jetty's own classes, or a copy of its own; the API works there, too.
      log.debug("Jetty's own classes are not in sight, so its API for applications is used", e);
      return api.because("Jetty's own classes are not in sight", ShownClasses.HOW);
    }
  }
}
