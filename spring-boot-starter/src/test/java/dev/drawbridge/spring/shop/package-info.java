/** An application as its authors would write it; what docs/spring.md shows stands here. */
package dev.drawbridge.spring.shop;
