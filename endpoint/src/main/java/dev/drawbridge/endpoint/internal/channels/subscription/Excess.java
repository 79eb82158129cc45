package dev.drawbridge.endpoint.internal.channels.subscription;

/**
 * More channels than one connection may hold.
 *
 * @param limit how many it may
 * @param current how many it would hold
 */
public record Excess(int limit, int current) {}
