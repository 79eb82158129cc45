/** Counts and times what the endpoint does, by Micrometer where the application has it. */
@NullMarked
package dev.drawbridge.endpoint.internal.metrics;

import org.jspecify.annotations.NullMarked;
