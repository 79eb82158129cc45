package dev.drawbridge.sample;

import dev.drawbridge.endpoint.Channels;
import dev.drawbridge.endpoint.MessageRefused;
import jakarta.servlet.ServletContext;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keeper of the bridge, who counts ships in a room on request, so that somebody writes while a
 * person's line is cut; dev mode only. A job of the application: what it publishes bears no sender,
 * and it is in no list of who is here. Thread-safe.
 */
final class DemoKeeper {
  private static final Logger log = LoggerFactory.getLogger(DemoKeeper.class);

  /** The last one passes before a line that is cut for 20 s is back. */
  private static final long EVERY_MS = 2_000;

  private static final long TYPING_MS = 900;

  static final List<String> SHIPS =
      List.of(
          "the Albatross, with oranges",
          "the Petrel, in a hurry",
          "two canoes, singing",
          "the Northern Star, late again",
          "a barge full of pianos",
          "the Kittiwake, under full sail",
          "the ferry, on its way home",
          "a duck. It counts");

  /** The rooms in which he is writing: one round at a time. */
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  /**
   * Begins a round, unless there is one.
   *
   * @throws MessageRefused if it is no room
   */
  void write(ServletContext context, String room) {
    if (!Rooms.isRoom(room)) {
      throw notARoom();
    }
    if (busy.add(room)) {
      try {
        pass(context, room, 0);
      } catch (IllegalArgumentException e) {
        busy.remove(room);
        throw notARoom();
      }
    }
  }

  private static MessageRefused notARoom() {
    return new MessageRefused("room_unknown", "The keeper writes in rooms alone");
  }

  private void pass(ServletContext context, String room, int ship) {
    // Throws for a name that is none, and once the endpoint has stopped.
    var unused = Channels.of(context).publish(room, ChatServlet.CHAT_TYPING, new RoomTyping());
    String text = "Ship " + (ship + 1) + " of " + SHIPS.size() + ": " + SHIPS.get(ship) + ".";
    CompletableFuture.runAsync(
            () -> {
              RoomMessage line = new RoomMessage(text);
              var unusedLine = Channels.of(context).publish(room, ChatServlet.CHAT_MESSAGE, line);
            },
            after(TYPING_MS))
        .thenRunAsync(
            () -> {
              if (ship + 1 < SHIPS.size()) {
                pass(context, room, ship + 1);
              } else {
                busy.remove(room);
              }
            },
            after(EVERY_MS - TYPING_MS))
        .exceptionally(
            failure -> {
              busy.remove(room);
              log.debug("The keeper has stopped: {}", failure.toString());
              return null;
            });
  }

  private static Executor after(long ms) {
    return CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS);
  }
}
