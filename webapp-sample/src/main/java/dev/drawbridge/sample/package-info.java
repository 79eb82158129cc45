/** The sample: rooms in which demo users chat, and an ordinary route beside them. */
@NullMarked
package dev.drawbridge.sample;

import org.jspecify.annotations.NullMarked;
