/**
 * For this module, but for {@code OriginPolicy}, which the endpoint's start check reads: which
 * origins and hosts are allowed.
 *
 * <p>An origin is parsed and compared part by part, in no place as text. {@code CorsConfig} makes
 * the rules from the settings and names what is wrong with them; {@code OriginHints} says what to
 * set when an origin is refused.
 *
 * <p>Called by the runtime at the start, and by {@code OriginGate} for each request. Threads: any.
 * Locks: none; everything is immutable. Sources: RFC 6454, RFC 3986, the Fetch and URL standards.
 */
@NullMarked
package dev.drawbridge.filters.cors.rules;

import org.jspecify.annotations.NullMarked;
