package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.internal.channels.Effects;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Obeys control entries on this server's connections. Thread-safe. */
final class ControlEffects implements Effects {
  private static final Logger log = LoggerFactory.getLogger(ControlEffects.class);

  private final ConnectionIndex connections;
  private final SharedKnowledge knowledge;

  /** What a developer elsewhere does to a user; nothing outside of dev mode. */
  private volatile BiConsumer<String, Boolean> developers = (subject, disabled) -> {};

  ControlEffects(ConnectionIndex connections, SharedKnowledge knowledge) {
    this.connections = connections;
    this.knowledge = knowledge;
  }

  @Override
  public void disconnect(String subject, String closeCode) {
    CloseCode code;
    try {
      code = CloseCode.valueOf(closeCode);
    } catch (IllegalArgumentException e) {
      // A later version has more of them. Whoever ordered it wants the user out, not back at once.
      log.warn("a close code that this release does not know: {}", closeCode);
      code = CloseCode.FORBIDDEN;
    }
    connections.disconnect(subject, code, code.reasons().isEmpty() ? "" : code.reasons().get(0));
  }

  @Override
  public void replaced(String connectionId, String subject) {
    ServerConnection link = connections.link(connectionId, subject);
    if (link != null) {
      replaced(link);
    }
  }

  /** Nobody reads what waits for it: its client has another one. */
  static void replaced(ServerConnection link) {
    link.close(CloseCode.REPLACED, "replaced", true);
  }

  @Override
  public void invalidated(@Nullable String subject) {
    knowledge.invalidate(subject);
  }

  @Override
  public void revoked(@Nullable String subject, String detail) {
    knowledge.revoke(subject, detail);
  }

  void developers(BiConsumer<String, Boolean> switches) {
    developers = switches;
  }

  @Override
  public void disabled(String subject, boolean disabled) {
    developers.accept(subject, disabled);
  }

  @Override
  public void overLimit(String subject, String connectionId) {
    ServerConnection link = connections.link(connectionId, subject);
    if (link != null && link.isOpen()) {
      log.warn(
          "a connection is closed, its user has more on all servers than"
              + " DRAWBRIDGE_CONNECTIONS_PER_USER: connectionId={}",
          connectionId);
      link.close(CloseCode.TRY_AGAIN_LATER, "too_many_connections", true);
    }
  }

  @Override
  public void checkEverything() {
    knowledge.checkEverything();
  }
}
