package dev.drawbridge.endpoint.internal.transport;

/**
 * What not every way through a container keeps: the rows of the table in docs/containers.md. What
 * is not here, all of them keep.
 */
public enum Promise {
  HTTP2("WebSockets over HTTP/2 (RFC 8441)"),
  PINGS_ARE_LIFE("a client's own pings (RFC 6455) are life, like each frame"),
  PINGS_WAIT("a client that does not read the answers to its pings is not read on"),
  EMPTY_FRAGMENTS("empty fragments count towards the size of a message"),
  REFUSED_AT_THE_LIMIT("a message over the limit is refused with the first byte over it"),
  STOPS_AT_ONCE("no frame is taken from the network while too many messages wait"),
  CLIENT_CODE("it is known with which code a client has closed"),
  ANSWER_IS_TOLD("a place is free as soon as the client has answered a close"),
  CUT("a connection that is given up is cut without a word"),
  COMPRESSION("`permessage-deflate`, where it is set"),
  IDLE_BUFFERS("an idle connection holds no buffer of the container");

  private final String text;

  Promise(String text) {
    this.text = text;
  }

  /** One phrase. */
  public String text() {
    return text;
  }
}
