package dev.drawbridge.filters.cors.rules;

/** What a value of {@code Origin} turned out to be: an origin, or the reason why it is none. */
public sealed interface ParsedOrigin permits Origin, OriginReason {}
