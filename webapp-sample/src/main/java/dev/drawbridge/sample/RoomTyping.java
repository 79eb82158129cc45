package dev.drawbridge.sample;

/** The payload of {@code chat.typing}: an empty object; the frame says who is writing. */
public record RoomTyping() {}
