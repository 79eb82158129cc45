package dev.drawbridge.filters.jwt;

import dev.drawbridge.db.user.User;

/**
 * A good token and the active user it belongs to. Immutable.
 *
 * @param token verified and not revoked
 * @param user active
 */
public record Authentication(VerifiedToken token, User user) {}
