package dev.drawbridge.dropin;

import java.lang.reflect.Constructor;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.jetty.security.HashLoginService;
import org.eclipse.jetty.security.UserStore;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.security.Credential;

/**
 * Jetty with the EE whose jars are in its class loader, and one user, admin, for applications with
 * a login.
 */
public final class JettyHost implements Function<Path, Map.Entry<Integer, AutoCloseable>> {
  @Override
  public Map.Entry<Integer, AutoCloseable> apply(Path webApp) {
    try {
      Server server = new Server();
      ServerConnector connector = new ServerConnector(server);
      connector.setHost("127.0.0.1");
      server.addConnector(connector);
      UserStore users = new UserStore();
      users.addUser("admin", Credential.getCredential("admin"), new String[] {"admin", "jolokia"});
      for (String realm : List.of("Test Realm", "jolokia")) {
        HashLoginService login = new HashLoginService(realm);
        login.setUserStore(users);
        server.addBean(login);
      }
      Object context = context(webApp.toUri());
      server.setHandler(handler(context));
      server.start();
      Object failure = context.getClass().getMethod("getUnavailableException").invoke(context);
      if (failure != null) {
        server.stop();
        throw new IllegalStateException(
            "the web application is not available", (Throwable) failure);
      }
      return Map.entry(connector.getLocalPort(), server::stop);
    } catch (Exception e) {
      throw new IllegalStateException("Jetty does not start: " + e, e);
    }
  }

  private static Object context(URI webApp) throws ReflectiveOperationException {
    Constructor<?> constructor = type().getConstructor(String.class, String.class);
    Object context = constructor.newInstance(webApp.toString(), "/");
    context
        .getClass()
        .getMethod("setThrowUnavailableOnStartupException", boolean.class)
        .invoke(context, true);
    return context;
  }

  private static Class<?> type() throws ClassNotFoundException {
    for (String ee : List.of("ee11", "ee10", "ee8")) {
      try {
        return Class.forName("org.eclipse.jetty." + ee + ".webapp.WebAppContext");
      } catch (ClassNotFoundException e) {
        // The next one, then.
      }
    }
    throw new ClassNotFoundException("no WebAppContext of Jetty");
  }

  /** Up to EE 9 a context is no handler, but has one. */
  private static Handler handler(Object context) {
    return context instanceof Handler handler ? handler : (Handler) ((Supplier<?>) context).get();
  }
}
