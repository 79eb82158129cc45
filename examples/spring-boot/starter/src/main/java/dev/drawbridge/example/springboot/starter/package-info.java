/** A Spring Boot application with the starter. */
@NullMarked
package dev.drawbridge.example.springboot.starter;

import org.jspecify.annotations.NullMarked;
