package dev.drawbridge.endpoint.internal.message;

/**
 * One thing that is wrong with a message's data. Immutable. Never holds a value of the message.
 *
 * @param path JSON pointer (RFC 6901) from the frame, such as {@code /data/text}
 * @param expected what would fit, such as {@code string}
 * @param actual the kind of what was there, such as {@code number}; {@code absent} when nothing was
 */
public record Detail(String path, String expected, String actual) {}
