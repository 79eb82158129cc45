/**
 * What applications may rely on: its listing, and the comparison of two of them. The build compares
 * with the files in {@code recorded}, {@code against-last-release.sh} with the last tag. A program
 * of one thread.
 */
@NullMarked
package dev.drawbridge.compatibility;

import org.jspecify.annotations.NullMarked;
