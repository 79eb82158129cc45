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
 * Bounded requests to the servers of issuers: no redirects, at most 64 KiB, a limit on the whole
 * exchange. Thread-safe.
 */
final class BoundedGet {

  /** Largest answer in bytes: {@value}. */
  static final int MAX_BODY_BYTES = 64 * 1024;

  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  private static final Pattern MAX_AGE = Pattern.compile("(?:^|[,\\s])max-age=\"?(\\d{1,9})");

  /**
   * What came back.
   *
   * @param contentType lower case, without parameters; empty when it does not say
   * @param maxAge from {@code Cache-Control}, null when it does not say
   * @param date the server's clock, null when it does not say
   */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
  record Answer(
      int status,
      String contentType,
      byte[] body,
      @Nullable Duration maxAge,
      @Nullable Instant date) {

    boolean isRedirect() {
      return status >= 300 && status < 400;
    }
  }

  /** The answer is longer than we want to hold. */
  static final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1L;
  }

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
   * @param timeout of the whole exchange, connecting and the last byte of the body included
   */
  BoundedGet(Duration timeout) {
    this.timeout = timeout;
  }

  /**
   * Asks once.
   *
   * @param url http or https
   * @throws TooLargeException if the body is longer than {@link #MAX_BODY_BYTES}
   * @throws UnusableKeysException if there is no answer in time; the message names the reason
   * @throws InterruptedException if this thread is interrupted
   */
  Answer get(URI url) throws TooLargeException, UnusableKeysException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(url).timeout(timeout).header("Accept", "application/json").build();
    CompletableFuture<HttpResponse<byte[]>> exchange =
        client.sendAsync(request, info -> new BoundedBody());
    try {
      // The request's own time-out ends with the response head; a body may drip for ever.
      HttpResponse<byte[]> response = exchange.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return new Answer(
          response.statusCode(),
          contentType(response),
          response.body(),
          maxAge(response),
          date(response));
    } catch (TimeoutException e) {
      throw new UnusableKeysException("it did not answer within " + timeout.toMillis() + " ms");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TooLargeException) {
        throw new TooLargeException();
      }
      throw new UnusableKeysException(
          "it cannot be reached ("
              + (e.getCause() == null ? "unknown" : e.getCause().getClass().getSimpleName())
              + ")");
    } finally {
      exchange.cancel(true);
    }
  }

  private static String contentType(HttpResponse<?> response) {
    String value = response.headers().firstValue("Content-Type").orElse("");
    int end = value.indexOf(';');
    return (end < 0 ? value : value.substring(0, end)).strip().toLowerCase(Locale.ROOT);
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
          body.completeExceptionally(new TooLargeException());
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
