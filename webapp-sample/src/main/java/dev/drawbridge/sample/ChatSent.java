package dev.drawbridge.sample;

/**
 * The data of the ack of {@code chat.send}.
 *
 * @param sentAt when the server took the line, in epoch milliseconds
 * @param connections how many connections of the receiver were open here; 0 when nobody is there
 */
public record ChatSent(long sentAt, int connections) {}
