/**
 * The diagnostics of dev mode: the page and its document, the stream of changes, and the rules that
 * make findings of what was seen ({@link dev.drawbridge.endpoint.internal.diagnostics.Detectors}
 * for all, {@link dev.drawbridge.endpoint.internal.diagnostics.Verdict} for one attempt).
 *
 * <p>Called by the routes on threads of the container; Witness also by whatever thread ends a
 * connection, so it only takes notes; Trend by the timer at each of its ticks. In production only
 * the brief view of an attempt is used.
 *
 * <p>Locks: Witness, Trend and DevLink have one each and take no other. DiagnosticsStream has one,
 * and each page that listens another; the container is called with it held, connections are not.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.diagnostics;

import org.jspecify.annotations.NullMarked;
