/** From what the endpoint has seen to the likeliest cause and what to change. */
@NullMarked
package dev.drawbridge.endpoint.diagnosis;

import org.jspecify.annotations.NullMarked;
