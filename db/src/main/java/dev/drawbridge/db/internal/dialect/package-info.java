/**
 * Tells databases apart: by a URL, also behind a driver that wraps another one, or by the name that
 * a server gives itself. The only place that knows those names.
 *
 * <p>Called by the door and all rooms above, on any thread; stateless. Uses no other room.
 */
@NullMarked
package dev.drawbridge.db.internal.dialect;

import org.jspecify.annotations.NullMarked;
