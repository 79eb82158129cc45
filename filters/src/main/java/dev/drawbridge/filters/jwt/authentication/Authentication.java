package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.jwt.token.VerifiedToken;

/**
 * A good token and the active user it belongs to. Immutable.
 *
 * @param token verified and not revoked
 * @param user active
 */
public record Authentication(VerifiedToken token, User user) {}
