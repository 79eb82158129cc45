/** The authenticated handshake: credential, token, user. */
@NullMarked
package dev.drawbridge.filters.jwt;

import org.jspecify.annotations.NullMarked;
