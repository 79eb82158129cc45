/** An application on JPA, in a package of its own: Boot looks for entities in that of its class. */
package dev.drawbridge.spring.jpa;
