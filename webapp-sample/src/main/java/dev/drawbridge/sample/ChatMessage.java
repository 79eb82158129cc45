package dev.drawbridge.sample;

/**
 * The payload of {@code chat.message} as the server publishes it: a line for one user, in that
 * user's own channel, or one of the {@link DemoKeeper} in a room.
 *
 * @param from subject of the user who wrote it
 * @param text what was written
 * @param sentAt when the server took it, in epoch milliseconds
 */
public record ChatMessage(String from, String text, long sentAt) {}
