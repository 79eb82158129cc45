package dev.drawbridge.filters.jwt.keys;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One bounded request for a key set: no redirects, at most 64 KiB, a limit on the whole exchange.
 * Thread-safe.
 */
final class JwksFetch {

  /** Largest answer in bytes: {@value}. */
  static final int MAX_BODY_BYTES = 64 * 1024;

  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  private static final Pattern MAX_AGE = Pattern.compile("(?:^|[,\\s])max-age=\"?(\\d{1,9})");

  /**
   * What came back.
   *
   * @param maxAge from {@code Cache-Control}, null when it does not say
   * @param date the server's clock, null when it does not say
   */
  public record Answer(KeySet keys, @Nullable Duration maxAge, @Nullable Instant date) {}

  private final URI url;
  private final Duration timeout;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  /**
   * Prepares requests.
   *
   * @param url http or https
   * @param timeout of the whole exchange, connecting and the last byte of the body included
   */
  JwksFetch(URI url, Duration timeout) {
    this.url = url;
    this.timeout = timeout;
  }

  /**
   * Asks once.
   *
   * @throws UnusableKeysException if there is no good answer in time; the message names the reason
   * @throws InterruptedException if this thread is interrupted
   */
  Answer fetch() throws UnusableKeysException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(url).timeout(timeout).header("Accept", "application/json").build();
    CompletableFuture<HttpResponse<byte[]>> exchange =
        client.sendAsync(request, info -> new BoundedBody());
    try {
      // The request's own time-out ends with the response head; a body may drip for ever.
      HttpResponse<byte[]> response = exchange.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() != 200) {
        throw new UnusableKeysException("it answered with status " + response.statusCode());
      }
      return new Answer(KeyReader.jwks(response.body()), maxAge(response), date(response));
    } catch (TimeoutException e) {
      throw new UnusableKeysException("it did not answer within " + timeout.toMillis() + " ms");
    } catch (ExecutionException e) {
      throw new UnusableKeysException(reason(e.getCause()));
    } finally {
      exchange.cancel(true);
    }
  }

  private static String reason(@Nullable Throwable cause) {
    if (cause instanceof BodyTooLargeException) {
      return "its answer must have at most " + MAX_BODY_BYTES + " bytes";
    }
    return "it cannot be reached ("
        + (cause == null ? "unknown" : cause.getClass().getSimpleName())
        + ")";
  }

  private static @Nullable Duration maxAge(HttpResponse<?> response) {
    String value =
        String.join(",", response.headers().allValues("Cache-Control")).toLowerCase(Locale.ROOT);
    Matcher matcher = MAX_AGE.matcher(value);
    return matcher.find() ? Duration.ofSeconds(Long.parseLong(matcher.group(1))) : null;
  }

  private static @Nullable Instant date(HttpResponse<?> response) {
    try {
      return response
          .headers()
          .firstValue("Date")
          .map(text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
          .orElse(null);
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  /** The answer is longer than we want to hold. */
  private static final class BodyTooLargeException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** Collects a body up to the limit and then hangs up. */
  private static final class BoundedBody implements HttpResponse.BodySubscriber<byte[]> {
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private Flow.@Nullable Subscription subscription;

    @Override
    public CompletionStage<byte[]> getBody() {
      return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
      subscription = newSubscription;
      newSubscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer buffer : buffers) {
        if (bytes.size() + buffer.remaining() > MAX_BODY_BYTES) {
          if (subscription != null) {
            subscription.cancel();
          }
          body.completeExceptionally(new BodyTooLargeException());
          return;
        }
        byte[] chunk = new byte[buffer.remaining()];
        buffer.get(chunk);
        bytes.writeBytes(chunk);
      }
    }

    @Override
    public void onError(Throwable failure) {
      body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      body.complete(bytes.toByteArray());
    }
  }
}
