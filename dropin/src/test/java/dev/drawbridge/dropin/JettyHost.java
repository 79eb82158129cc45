package dev.drawbridge.dropin;

import java.lang.reflect.Constructor;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
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
      users.addUser("admin", Credential.getCredential("admin"), new String[] {"admin", "user"});
      HashLoginService login = new HashLoginService("Test Realm");
      login.setUserStore(users);
      server.addBean(login);
      Handler context = context(webApp.toUri());
      server.setHandler(context);
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

  private static Handler context(URI webApp) throws ReflectiveOperationException {
    Class<?> type;
    try {
      type = Class.forName("org.eclipse.jetty.ee11.webapp.WebAppContext");
    } catch (ClassNotFoundException e) {
      type = Class.forName("org.eclipse.jetty.ee10.webapp.WebAppContext");
    }
    Constructor<?> constructor = type.getConstructor(String.class, String.class);
    Object context = constructor.newInstance(webApp.toString(), "/");
    type.getMethod("setThrowUnavailableOnStartupException", boolean.class).invoke(context, true);
    // ActiveMQ's console carries the WebSocket of Jetty 11, whose initializer does not know Jetty
    // 12.
    type.getMethod("setAttribute", String.class, Object.class)
        .invoke(
            context,
            "org.eclipse.jetty.containerInitializerExclusionPattern",
            "org\\.eclipse\\.jetty\\.websocket\\..*");
    return (Handler) context;
  }
}
