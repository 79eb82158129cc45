package dev.drawbridge.sample;

import jakarta.validation.constraints.NotBlank;

/**
 * The payload of {@code demo.company}.
 *
 * @param room the channel in which the {@link DemoKeeper} shall write
 */
public record DemoCompany(@NotBlank String room) {}
