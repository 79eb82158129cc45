/** A pooled, manual JDBC session layer that needs no container. */
@NullMarked
package dev.drawbridge.db;

import org.jspecify.annotations.NullMarked;
