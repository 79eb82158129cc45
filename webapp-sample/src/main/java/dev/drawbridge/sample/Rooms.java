package dev.drawbridge.sample;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.ChannelAction;
import dev.drawbridge.endpoint.ChannelRules;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The rule of the rooms, the channels {@code room:<name>}: every active user may subscribe, write,
 * say that he is writing, and see who is there. Stateless.
 */
final class Rooms {
  static final String PREFIX = "room:";

  private Rooms() {}

  static void rules(ChannelRules rules) {
    rules
        .authorize(Rooms::allowed)
        .clientPublish(ChatServlet.CHAT_MESSAGE, RoomMessage.class)
        .clientPublish(ChatServlet.CHAT_TYPING, RoomTyping.class)
        .presence();
  }

  /** The same for each action. An application of yours would ask its database here. */
  private static Set<String> allowed(User user, ChannelAction action, Set<String> channels) {
    return user.isActive()
        ? channels.stream().filter(Rooms::isRoom).collect(Collectors.toSet())
        : Set.of();
  }

  /** The prefix alone is a channel's name, but no room's. */
  static boolean isRoom(String channel) {
    return channel.startsWith(PREFIX) && channel.length() > PREFIX.length();
  }
}
