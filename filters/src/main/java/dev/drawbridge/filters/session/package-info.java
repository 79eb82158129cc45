/** A token for users whom the application itself has logged in. */
@NullMarked
package dev.drawbridge.filters.session;

import org.jspecify.annotations.NullMarked;
