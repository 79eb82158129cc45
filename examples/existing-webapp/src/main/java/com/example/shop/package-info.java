/** A shop as many are: servlets, a session, JDBC. */
@NullMarked
package com.example.shop;

import org.jspecify.annotations.NullMarked;
