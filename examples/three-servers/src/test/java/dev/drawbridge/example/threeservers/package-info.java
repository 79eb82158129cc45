/** The example, started and shaken. */
package dev.drawbridge.example.threeservers;
