/** A login at an OpenID provider, from the form to the WebSocket. */
@NullMarked
package com.example.oidc;

import org.jspecify.annotations.NullMarked;
