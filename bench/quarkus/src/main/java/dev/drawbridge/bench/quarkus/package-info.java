/**
 * The server of Quarkus WebSockets Next that ours is compared with, with the checks of the others.
 */
package dev.drawbridge.bench.quarkus;
