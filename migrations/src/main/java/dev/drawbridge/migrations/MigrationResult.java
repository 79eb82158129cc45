package dev.drawbridge.migrations;

import org.jspecify.annotations.Nullable;

/**
 * What {@link Migrations#run} did.
 *
 * @param mode what was done; never {@link Mode#AUTO}
 * @param applied how many migrations were applied by this run, 0 or more
 * @param version the schema's version now, or null when it is not known
 */
public record MigrationResult(Mode mode, int applied, @Nullable String version) {}
