/**
 * What the two servlet filters share: settings, refusals, attempts and the object that owns them.
 */
@NullMarked
package dev.drawbridge.filters;

import org.jspecify.annotations.NullMarked;
