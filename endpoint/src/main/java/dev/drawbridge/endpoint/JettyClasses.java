package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.internal.server.ShownClasses;

/**
 * Shows a web application in a stand-alone Jetty the classes of the server by which WebSockets are
 * served without a detour. The jar of the endpoint calls it by itself, from a {@code
 * WEB-INF/jetty-web.xml} of its own; an application that has such a file calls it from there:
 *
 * <pre>{@code
 * <Configure id="application">
 *   <Call class="dev.drawbridge.endpoint.JettyClasses" name="show">
 *     <Arg><Ref refid="application"/></Arg>
 *   </Call>
 * </Configure>
 * }</pre>
 *
 * Stateless.
 */
public final class JettyClasses {
  private JettyClasses() {}

  /**
   * Shows them, one by one and no others; with {@code DRAWBRIDGE_TRANSPORT=jetty-api} none. Fails
   * in no case: where they cannot be shown the endpoint uses Jetty's API for applications.
   *
   * @param context Jetty's {@code WebAppContext} of EE 10 or EE 11; anything else is left alone
   */
  public static void show(Object context) {
    ShownClasses.to(context);
  }
}
