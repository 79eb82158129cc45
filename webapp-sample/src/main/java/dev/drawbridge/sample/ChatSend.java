package dev.drawbridge.sample;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;

/**
 * The payload of {@code chat.send}: a line for one user.
 *
 * @param to subject of the user who shall read it
 * @param text 1 to 2000 characters, not only blanks
 */
public record ChatSend(
    @NotBlank @Size(max = 255) String to, @NotBlank @Size(max = 2000) String text) {}
