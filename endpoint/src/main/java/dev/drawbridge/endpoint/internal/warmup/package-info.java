/**
 * Runs handshakes and messages before anybody is there, so that whoever comes first after a start
 * meets classes that are loaded and code that is compiled: {@link
 * dev.drawbridge.endpoint.internal.warmup.WarmUp}.
 *
 * <p>What is run are our own filters and servlet, a second set of them that has nothing in common
 * with those of the web application: a servlet context of its own, a secret that was made a moment
 * ago and is forgotten with it, one user who is in no database, no metrics, no engine. So nothing
 * of it is left, and nothing that is checked is checked less. No container takes part: a request is
 * an object, and frames go to a list.
 *
 * <p>Called by the servlet at its start. The work is done on {@code drawbridge-warm-up}, and by the
 * threads of the second endpoint, which end with it. No locks.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.warmup;

import org.jspecify.annotations.NullMarked;
