/** A Spring Boot application on Jetty. */
@NullMarked
package dev.drawbridge.example.springboot.jetty;

import org.jspecify.annotations.NullMarked;
