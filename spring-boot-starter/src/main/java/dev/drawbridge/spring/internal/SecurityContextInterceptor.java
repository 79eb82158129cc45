package dev.drawbridge.spring.internal;

import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.HandlerInterceptor;
import dev.drawbridge.endpoint.MessageRefused;
import dev.drawbridge.spring.HandshakeAuthentication;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
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
      Object result = call.proceed();
      return result instanceof CompletionStage<?> later
          ? later.exceptionally(
              failure -> {
                throw refused(call, failure);
              })
          : result;
    } catch (AccessDeniedException e) {
      throw forbidden(call);
    } finally {
      if (before.getAuthentication() == null) {
        SecurityContextHolder.clearContext();
      } else {
        SecurityContextHolder.setContext(before);
      }
    }
  }

  private static MessageRefused forbidden(Call call) {
    return new MessageRefused(
        ErrorCode.MESSAGE_FORBIDDEN.word(), "the user may not send " + call.type());
  }

  /** What a handler says later is denied or fails as what it says at once. */
  private static CompletionException refused(Call call, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return new CompletionException(
        cause instanceof AccessDeniedException ? forbidden(call) : cause);
  }
}
