/** A simulation of several logs in the place of one; servers and clients are numbers. */
@NullMarked
package dev.drawbridge.bench.load.logs;

import org.jspecify.annotations.NullMarked;
