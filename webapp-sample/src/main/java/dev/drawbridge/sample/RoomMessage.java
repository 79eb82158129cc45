package dev.drawbridge.sample;

import jakarta.validation.constraints.Size;

/**
 * The payload of {@code chat.message} as a client publishes it in a room; the frame says who wrote
 * it.
 *
 * @param text 1 to 2000 characters, counted in UTF-16 units as Java and JavaScript do
 */
public record RoomMessage(@Size(min = 1, max = 2000) String text) {}
