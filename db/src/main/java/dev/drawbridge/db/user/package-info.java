/**
 * The door: users by subject, with a cache in front that outlives short outages of the database.
 * The handshake asks {@link dev.drawbridge.db.user.UserDirectory}; an application says by {@link
 * dev.drawbridge.db.user.UserSource} where its users are. How they are loaded and kept stands in
 * {@code internal.users}.
 */
@NullMarked
package dev.drawbridge.db.user;

import org.jspecify.annotations.NullMarked;
