/**
 * For this module: what an application says of the issuers that it trusts, as it was written.
 *
 * <p>{@code IssuersFile} reads the file of several issuers, {@code IssuerSettings} is what it or
 * the settings say of one, {@code IssuerTemplate} stands for the tenants of a provider. Whether it
 * makes sense is judged in {@code jwt.authentication}.
 *
 * <p>Called by {@code jwt.keys} and {@code jwt.authentication} at the start. Threads: the one that
 * starts the application. Locks: none; what comes out is immutable.
 */
@NullMarked
package dev.drawbridge.filters.jwt.issuer;

import org.jspecify.annotations.NullMarked;
