/** Tests of the documents: what they show compiles or parses, and the site that is made of them. */
@NullMarked
package dev.drawbridge.site;

import org.jspecify.annotations.NullMarked;
