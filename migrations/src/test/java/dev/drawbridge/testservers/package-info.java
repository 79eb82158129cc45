/** Real databases for the tests of this module and of those above it. */
package dev.drawbridge.testservers;
