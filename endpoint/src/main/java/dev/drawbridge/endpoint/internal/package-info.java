/**
 * What several rooms share: the settings, JSON of the HTTP side, words of the protocol, findings.
 */
@NullMarked
package dev.drawbridge.endpoint.internal;

import org.jspecify.annotations.NullMarked;
