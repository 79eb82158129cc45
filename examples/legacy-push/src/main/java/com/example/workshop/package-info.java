/** A workshop's list of jobs as such applications are: servlets, a session, plain JDBC, a page. */
@NullMarked
package com.example.workshop;

import org.jspecify.annotations.NullMarked;
