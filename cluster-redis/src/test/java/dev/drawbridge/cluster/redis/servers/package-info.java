/** Servers as processes that are killed, frozen and cut off, and pages that live through it. */
package dev.drawbridge.cluster.redis.servers;
