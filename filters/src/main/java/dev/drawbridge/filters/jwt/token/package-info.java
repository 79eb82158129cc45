/**
 * For this module, but for {@code VerifiedToken}, {@code TokenSignature} and {@code
 * TokenCacheStats}, which the endpoint gets: form, signature and claims of a token.
 *
 * <p>{@code TokenScreen} refuses what is no strict compact JWS before a library sees it, {@code
 * TokenVerifier} checks the signature and remembers good tokens by their hash, {@code ClaimRules}
 * judges the claims, each kind by a rule of its own. {@code Trusts} are the issuers, of which each
 * {@code Trust} has keys and rules of its own.
 *
 * <p>Called by {@code jwt.authentication}. Threads: any. Locks: none of ours; the memory of tokens
 * is a bounded cache. Sources: RFC 7515, RFC 7519, RFC 8725.
 */
@NullMarked
package dev.drawbridge.filters.jwt.token;

import org.jspecify.annotations.NullMarked;
