package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.internal.transport.jetty.direct.Linkage;
import dev.drawbridge.filters.settings.Setting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.slf4j.LoggerFactory;

/**
 * Lets a web application see the classes of Jetty that the direct way uses, one by one, and no
 * other. Stateless.
 *
 * <p>Jetty hides its own classes from web applications by the matcher of each context, which is
 * asked whenever a class is loaded. That matcher is reached by reflection: nothing of Jetty may be
 * linked here, because nothing of it is in sight yet, and because its class moves between releases.
 */
public final class ShownClasses {
  /** What to do where they are hidden. */
  static final String HOW =
      "let the WAR's own WEB-INF/jetty-web.xml call JettyClasses.show, or add the Jetty module"
          + " drawbridge (docs/containers.md)";

  private static final String JETTY = "org.eclipse.jetty.";
  private static final String ANY_EE = JETTY + "ee";
  private static final List<String> EES = List.of(JETTY + "ee10.", JETTY + "ee11.");

  /** In sight of every web application that has Jetty's WebSocket. */
  private static final String API = JETTY + "websocket.api.";

  private ShownClasses() {}

  /**
   * Shows them to a web application, unless the setting of the machine asks for the API. Whatever
   * goes wrong is only told: without them there is still the way of the API.
   *
   * @param context Jetty's {@code WebAppContext} of EE 10 or 11; anything else is left alone
   */
  public static void to(Object context) {
    try {
      String ee = ee(context.getClass());
      if (!ee.isEmpty() && !isSwitchedOff()) {
        Object hidden = context.getClass().getMethod("getHiddenClassMatcher").invoke(context);
        if (hidden instanceof Collection<?> matcher) {
          show(matcher, ee);
        }
      }
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      LoggerFactory.getLogger(ShownClasses.class)
          .debug("classes of Jetty cannot be shown to this web application", e);
    }
  }

  @SuppressWarnings("unchecked") // A matcher is a set of patterns.
  private static void show(Collection<?> matcher, String ee) {
    ((Collection<String>) matcher).addAll(patterns(ee));
  }

  /**
   * Patterns of Jetty that take classes out of what is hidden.
   *
   * @param ee where classes of its EE begin
   */
  static List<String> patterns(String ee) {
    List<String> patterns = new ArrayList<>();
    for (String name : needed()) {
      boolean isOfOtherEe = name.startsWith(ANY_EE) && !name.startsWith(ee);
      if (!isOfOtherEe && !name.startsWith(API)) {
        patterns.add("-" + name);
      }
    }
    return patterns;
  }

  private static Set<String> needed() {
    return Linkage.named("DirectWay", JETTY);
  }

  /** Where classes of the context's EE begin; empty for one that is not known. */
  private static String ee(Class<?> context) {
    for (Class<?> type = context; type != null; type = type.getSuperclass()) {
      for (String ee : EES) {
        if (type.getName().startsWith(ee)) {
          return ee;
        }
      }
    }
    return "";
  }

  /** Init-params of the web application are not known yet. */
  private static boolean isSwitchedOff() {
    String api = "jetty-api";
    return api.equals(System.getenv(Setting.TRANSPORT.variable()))
        || api.equals(System.getProperty(Setting.TRANSPORT.property()));
  }
}
