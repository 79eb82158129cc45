package dev.drawbridge.filters.jwt.keys;

import java.net.URI;
import java.time.Duration;

/** A key set from a URL that is known. */
final class JwksFetch implements KeyFetch {

  private final URI url;
  private final BoundedGet http;

  /**
   * Prepares requests.
   *
   * @param url http or https
   * @param timeout of the whole exchange, connecting and the last byte of the body included
   */
  JwksFetch(URI url, Duration timeout) {
    this.url = url;
    this.http = new BoundedGet(timeout);
  }

  @Override
  public Answer fetch() throws UnusableKeysException, InterruptedException {
    return fetch(url, http);
  }

  @Override
  public String server() {
    return server(url);
  }

  /** Fetches a key set, whoever has named its URL. */
  static Answer fetch(URI url, BoundedGet http) throws UnusableKeysException, InterruptedException {
    try {
      BoundedGet.Answer answer = http.get(url);
      if (answer.status() != 200) {
        throw new UnusableKeysException("it answered with status " + answer.status());
      }
      return new Answer(KeyReader.jwks(answer.body()), answer.maxAge(), answer.date());
    } catch (BoundedGet.TooLargeException e) {
      throw new UnusableKeysException(
          "its answer must have at most " + BoundedGet.MAX_BODY_BYTES + " bytes");
    }
  }

  static String server(URI url) {
    return url.getScheme() + "://" + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
  }
}
