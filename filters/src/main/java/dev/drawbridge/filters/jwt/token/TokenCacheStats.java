package dev.drawbridge.filters.jwt.token;

/**
 * How the cache of verified tokens does, since the start. Immutable.
 *
 * @param hits tokens that were known to be good; their expiry was still checked
 * @param misses tokens that were verified from their first character on, good ones and bad ones;
 *     all of them where the cache is off
 * @param size tokens that are remembered, about
 */
public record TokenCacheStats(long hits, long misses, long size) {}
