package dev.drawbridge.spring.internal;

import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.HandlerInterceptor;
import dev.drawbridge.endpoint.MessageRefused;
import dev.drawbridge.spring.HandshakeAuthentication;
import org.jspecify.annotations.Nullable;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * The connection's user is in the security context while a handler runs, so that
 * {@code @PreAuthorize} works in what it calls; a denial becomes {@code message_forbidden}. What a
 * handler leaves to other threads does not have it. Thread-safe.
 */
final class SecurityContextInterceptor implements HandlerInterceptor {

  @Override
  public @Nullable Object around(Call call) throws Exception {
    SecurityContext before = SecurityContextHolder.getContext();
    SecurityContext context = SecurityContextHolder.createEmptyContext();
    context.setAuthentication(HandshakeAuthentication.of(call.connection()));
    SecurityContextHolder.setContext(context);
    try {
      return call.proceed();
    } catch (AccessDeniedException e) {
      throw new MessageRefused(
          ErrorCode.MESSAGE_FORBIDDEN.word(), "the user may not send " + call.type());
    } finally {
      if (before.getAuthentication() == null) {
        SecurityContextHolder.clearContext();
      } else {
        SecurityContextHolder.setContext(before);
      }
    }
  }
}
