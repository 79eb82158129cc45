/** An application that keeps its own tables and takes only the {@code db} jar. */
@NullMarked
package dev.drawbridge.example.legacydb;

import org.jspecify.annotations.NullMarked;
