/** The packaged jars in the containers of others. */
package dev.drawbridge.dropin;
