/**
 * The doctor: tells from outside why a WebSocket connection does not come about or does not last.
 *
 * <p>For operators and for CI, as a program; nothing calls it. {@link
 * dev.drawbridge.doctor.Doctor#main} reads the options, an {@code Examination} goes through the
 * steps in their order over what {@code wire} speaks, and a {@code Report} says what was seen. The
 * same program for Node stands in {@code client/doctor}; both share {@code advice.json}, the words
 * of each code.
 *
 * <p>Threads: one, those of {@code wire}, and at the end of the process that of its shutdown, which
 * ends what is under way. Locks: none.
 */
@NullMarked
package dev.drawbridge.doctor;

import org.jspecify.annotations.NullMarked;
