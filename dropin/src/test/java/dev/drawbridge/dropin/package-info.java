/** The packaged jars in the containers and applications of others. */
package dev.drawbridge.dropin;
