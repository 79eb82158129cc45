package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;

/** Who tries to connect, and tells what was said: a page in a browser, or another client. */
interface MatrixPage {

  /** Goes to a page of another address and, with {@link #home()}, back again. */
  void open(URI page);

  void home();

  /** Begins to connect; a null address is left to discovery. */
  void begin(String url, String token);

  void beginWithoutToken(String url);

  /** Connects from a page that has no origin. */
  void beginSandboxed(String url, String token);

  /** Connects, and starts the clock again once it is open. */
  void connect(String url, String token);

  /** Runs a script on the page. */
  JsonNode run(String script);

  /** What the client says first. */
  JsonNode error();

  /** Ends what is held open. */
  void rest();
}
