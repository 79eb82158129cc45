/** The sample: a chat between demo users, and an ordinary route beside it. */
@NullMarked
package dev.drawbridge.sample;

import org.jspecify.annotations.NullMarked;
