/** A chat on three servers behind a balancer, and what its visitors see when one is killed. */
@NullMarked
package dev.drawbridge.example.threeservers;

import org.jspecify.annotations.NullMarked;
