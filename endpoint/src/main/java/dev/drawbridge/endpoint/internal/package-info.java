/**
 * What all rooms may use, and what uses none of them: the settings, the words of the protocol, JSON
 * of the HTTP side, what routes ask of requests, findings.
 *
 * <p>The rooms, each of which may use those before it: {@code metrics}, {@code message}, {@code
 * transport}, {@code send}, {@code channels}, {@code receive}, {@code connection}, {@code setup},
 * {@code server}, {@code diagnostics}, {@code http}. {@code transport.jetty} and {@code
 * transport.jetty.direct} use {@code transport} alone, and only {@code server} chooses between
 * them. A test holds these arrows.
 *
 * <p>Called on every thread; no locks; immutable, but for the last standstill in {@code Limits} and
 * what {@code Recent} remembers. No other module may use this package or one below it.
 */
@NullMarked
package dev.drawbridge.endpoint.internal;

import org.jspecify.annotations.NullMarked;
