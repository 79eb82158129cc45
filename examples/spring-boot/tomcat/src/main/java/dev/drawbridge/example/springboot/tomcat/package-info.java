/** A Spring Boot application on Tomcat. */
@NullMarked
package dev.drawbridge.example.springboot.tomcat;

import org.jspecify.annotations.NullMarked;
