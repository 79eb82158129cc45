package dev.drawbridge.bench.load.server;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServlet;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServletFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;

/**
 * The measure of all: Jetty alone, without origin, token, user, limits or heartbeat; it sends back
 * each text as it came. With {@code --greeting true} it sends a text as long as a {@code welcome}
 * when a connection opens.
 */
public final class BareJetty {
  private static final String GREETING = "w".repeat(470);
  private static final Set<Session> SESSIONS = ConcurrentHashMap.newKeySet();

  private BareJetty() {}

  /** One connection; public because Jetty reaches it by reflection. */
  public static final class EchoSocket implements Session.Listener.AutoDemanding {
    private final boolean greets;
    private Session session;

    EchoSocket(boolean greets) {
      this.greets = greets;
    }

    @Override
    public void onWebSocketOpen(Session opened) {
      session = opened;
      SESSIONS.add(opened);
      if (greets) {
        opened.sendText(GREETING, Callback.NOOP);
      }
    }

    /** A client that is cut; without this method Jetty logs a line for each. */
    @Override
    public void onWebSocketError(Throwable cause) {}

    @Override
    public void onWebSocketText(String message) {
      session.sendText(message, Callback.NOOP);
    }

    @Override
    public void onWebSocketClose(int statusCode, String reason, Callback callback) {
      SESSIONS.remove(session);
      callback.succeed();
    }
  }

  /** Upgrades everybody. */
  public static final class EchoServlet extends JettyWebSocketServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(JettyWebSocketServletFactory factory) {
      boolean greets = Boolean.parseBoolean(getInitParameter("greeting"));
      // Long enough for the idle scenario: this target has no heartbeat.
      factory.setIdleTimeout(java.time.Duration.ofMinutes(10));
      factory.setCreator(
          (request, response) -> {
            if (request.getSubProtocols().contains("drawbridge.v1")) {
              response.setAcceptedSubProtocol("drawbridge.v1");
            }
            return new EchoSocket(greets);
          });
    }
  }

  /** Starts the server and serves until it is stopped. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    ServletContextHandler context = new ServletContextHandler();
    ServletHolder servlet = new ServletHolder(EchoServlet.class);
    servlet.setInitParameter("greeting", arguments.text("greeting", "false"));
    context.addServlet(servlet, "/ws/*");
    Server server = Jetty.start(arguments, context);
    Map<String, Supplier<String>> words = new HashMap<>();
    words.put("broadcast", BareJetty::broadcast);
    Control.listen(words);
    System.out.println("ready");
    server.join();
  }

  private static String broadcast() {
    String text = "{\"type\":\"news\",\"data\":{\"text\":\"" + Control.broadcastText() + "\"}}";
    SESSIONS.forEach(session -> session.sendText(text, Callback.NOOP));
    return "sent";
  }
}
