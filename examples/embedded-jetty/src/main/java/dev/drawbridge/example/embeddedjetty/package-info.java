/** A server in one main method. */
@NullMarked
package dev.drawbridge.example.embeddedjetty;

import org.jspecify.annotations.NullMarked;
