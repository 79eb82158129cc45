/**
 * For this module: the two encodings of a token, read strictly.
 *
 * <p>Libraries accept more than the standards write: padding, other alphabets, repeated names,
 * bytes that are no UTF-8. Two readers of one token that disagree are a hole, so these refuse it
 * all.
 *
 * <p>Called by the rooms of keys and tokens, and by what shows a token's facts. Threads: any.
 * Locks: none; stateless. Sources: RFC 7515, RFC 4648 section 5, RFC 8259.
 */
@NullMarked
package dev.drawbridge.filters.jwt.jose;

import org.jspecify.annotations.NullMarked;
