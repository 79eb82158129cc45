package dev.drawbridge.sample;

/**
 * The data of the ack of {@code chat.send}.
 *
 * @param sentAt when the server took the line, in epoch milliseconds
 * @param connections how many connections of the receiver it was sent to; 0 when nobody is there
 */
public record ChatSent(long sentAt, int connections) {}
