/**
 * For this module alone: the auto-configurations, which Boot finds by the list in {@code
 * META-INF/spring}, and what they make.
 *
 * <p>{@code SpringSettings} reads {@code drawbridge.*} from the environment. {@code ContextSetup}
 * puts what the application has as beans where the filters look for it. {@code EndpointServlet}
 * takes the handlers. The lifecycles empty and stop the endpoint while the beans that it needs are
 * there.
 *
 * <p>Nothing here names a class that only one of Boot's lines has, but for the two configurations
 * of health, each for its own line.
 *
 * <p>Threads: the one that starts or stops the application. Locks: none.
 */
@NullMarked
package dev.drawbridge.spring.internal;

import org.jspecify.annotations.NullMarked;
