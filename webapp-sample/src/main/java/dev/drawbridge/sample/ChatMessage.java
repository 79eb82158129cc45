package dev.drawbridge.sample;

/**
 * The payload of {@code chat.message} in a user's own channel: a line for that user alone.
 *
 * @param from subject of the user who wrote it
 * @param text what was written
 * @param sentAt when the server took it, in epoch milliseconds
 */
public record ChatMessage(String from, String text, long sentAt) {}
