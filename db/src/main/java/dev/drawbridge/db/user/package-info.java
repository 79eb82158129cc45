/** Users by subject, with a cache in front that outlives short outages of the database. */
@NullMarked
package dev.drawbridge.db.user;

import org.jspecify.annotations.NullMarked;
