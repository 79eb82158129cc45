package dev.drawbridge.endpoint.internal.transport.jakarta;

import dev.drawbridge.endpoint.internal.transport.Release;
import dev.drawbridge.endpoint.internal.transport.Traits;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The containers whose WebSockets keep what PROTOCOL.md promises, and from which release on. Names
 * no class of the WebSocket API, which may be missing. Immutable.
 *
 * @param kind which one
 * @param container the object that it has put into the web application's context
 * @param release of its WebSocket; null when neither its jar nor the container says
 */
public record JakartaContainer(Kind kind, Object container, @Nullable Release release) {
  private static final Logger log = LoggerFactory.getLogger(JakartaContainer.class);
  private static final String ATTRIBUTE = "jakarta.websocket.server.ServerContainer";

  /** Tomcat loses bytes of compressed messages before these (BZ 70126). */
  private static final List<Release> WHOLE_MESSAGES =
      List.of(new Release(10, 1, 57), new Release(11, 0, 24));

  /** Of whose make it is. */
  public enum Kind {
    /** Closes to clients that do not read held its threads for 20 s each before (BZ 68884). */
    TOMCAT(
        Traits.TOMCAT,
        "org.apache.tomcat.websocket.",
        "Tomcat",
        List.of(new Release(10, 1, 24), new Release(11, 0, 0))),
    /** The time-outs of HTTP cut WebSockets before (UNDERTOW-2333). */
    UNDERTOW(
        Traits.UNDERTOW, "io.undertow.websockets.jsr.", "Undertow", List.of(new Release(2, 3, 18)));

    final Traits traits;
    private final String classes;
    private final String name;

    /** The first good one of each line; later lines are good. */
    @SuppressWarnings("ImmutableEnumChecker") // A list that is unmodifiable.
    private final List<Release> oldest;

    Kind(Traits traits, String classes, String name, List<Release> oldest) {
      this.traits = traits;
      this.classes = classes;
      this.name = name;
      this.oldest = oldest;
    }

    private String oldest() {
      return String.join(" or ", oldest.stream().map(Release::toString).toList());
    }
  }

  /**
   * The one of a web application.
   *
   * @throws ServletException if there is none, none that is known, or one that is too old, with
   *     what is missing
   */
  public static JakartaContainer of(ServletContext context) throws ServletException {
    Object container = context.getAttribute(ATTRIBUTE);
    if (container == null) {
      throw new ServletException(missing(context.getServerInfo()));
    }
    String type = container.getClass().getName();
    for (Kind kind : Kind.values()) {
      if (type.startsWith(kind.classes)) {
        return checked(
            kind,
            container,
            release(
                kind,
                container.getClass().getPackage().getImplementationVersion(),
                context.getServerInfo()));
      }
    }
    throw new ServletException(unknown(context.getServerInfo(), type));
  }

  /**
   * As its jar says or, where a class loader does not pass that on, such as that of Spring Boot's
   * runnable jars, as the container says of itself.
   *
   * @param serverInfo such as {@code Apache Tomcat/10.1.41}
   */
  static @Nullable Release release(Kind kind, @Nullable String ofJar, String serverInfo) {
    Release told = Release.of(ofJar);
    return told == null && serverInfo.contains(kind.name)
        ? Release.of(serverInfo.replaceFirst("^\\D+", ""))
        : told;
  }

  static JakartaContainer checked(Kind kind, Object container, @Nullable Release release)
      throws ServletException {
    if (release != null && !release.isAtLeastOneOf(kind.oldest)) {
      throw new ServletException(
          "the endpoint needs "
              + kind.name
              + " "
              + kind.oldest()
              + " or newer, whose WebSockets can be closed without waiting and stay open: "
              + release);
    }
    if (release == null) {
      log.warn(
          "the release of {} is not known, and not checked: its WebSockets are right from {} on",
          kind.name,
          kind.oldest());
    }
    return new JakartaContainer(kind, container, release);
  }

  /** What is wrong when the web application does not see the API that its container has. */
  public String hidden() {
    return this
        + " hides jakarta.websocket from the web application, or another one stands in its way";
  }

  private static String missing(String serverInfo) {
    String info = serverInfo.toLowerCase(java.util.Locale.ROOT);
    String help;
    if (info.contains("tomcat")) {
      help =
          "add tomcat-embed-websocket to the class path, and in a server of your own"
              + " context.addServletContainerInitializer(new WsSci(), null)";
    } else if (info.contains("undertow")) {
      help =
          "add undertow-websockets-jsr, and a WebSocketDeploymentInfo as the attribute of the"
              + " deployment that has its name";
    } else {
      help = needed();
    }
    return "the container has no WebSocket switched on ("
        + ATTRIBUTE
        + "): "
        + help
        + ": "
        + serverInfo;
  }

  private static String unknown(String serverInfo, String type) {
    return needed() + ": " + serverInfo + ", " + type;
  }

  private static String needed() {
    return "the endpoint needs Jetty 12.0.7, Tomcat "
        + Kind.TOMCAT.oldest()
        + ", Undertow "
        + Kind.UNDERTOW.oldest()
        + " or newer; in others the filters run, with a WebSocket of the container behind them";
  }

  /** False where compressed messages may lose bytes, or where nobody knows. */
  boolean compresses() {
    return kind == Kind.UNDERTOW || (release != null && release.isAtLeastOneOf(WHOLE_MESSAGES));
  }

  @Override
  public String toString() {
    return kind.name + (release == null ? "" : " " + release);
  }
}
