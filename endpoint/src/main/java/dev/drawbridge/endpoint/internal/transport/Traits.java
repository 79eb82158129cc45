package dev.drawbridge.endpoint.internal.transport;

import static java.util.Map.entry;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The ways through containers, and what each keeps less well than PROTOCOL.md says. The table in
 * docs/containers.md is made of this, and the tests of the containers hold each entry.
 */
public enum Traits {
  JETTY_DIRECT("jetty-direct", "Jetty 12.1, EE 10 or EE 11, its own classes in sight", Map.of()),
  JETTY_API(
      "jetty-api",
      "Jetty 12 in a web application, EE 10 or EE 11",
      Map.of(Promise.COMPRESSION, "not in 12.1.0 to 12.1.8, which end connections by it")),
  TOMCAT(
      "tomcat",
      "Tomcat 10.1.24 or 11",
      Map.ofEntries(
          entry(Promise.HTTP2, "not there; browsers then speak HTTP/1.1 by themselves"),
          entry(
              Promise.PINGS_ARE_LIFE,
              "they are not; the server asks in text, which a client answers"),
          entry(Promise.PINGS_WAIT, "a container thread waits for it, 2 s at most, then cuts"),
          entry(Promise.REFUSED_AT_THE_LIMIT, "at most 8 KiB later"),
          entry(
              Promise.CLIENT_CODE,
              "no code counts as 1000, 1012 and 1013 as 1002; at 1002 and 1007 not who closed"),
          entry(Promise.ANSWER_IS_TOLD, "at most 0.5 s later"),
          entry(Promise.CUT, "a client that still reads sees 1001"),
          entry(Promise.COMPRESSION, "from 10.1.57 and 11.0.24 on"),
          entry(
              Promise.IDLE_BUFFERS,
              "48 KiB of heap, 6 KiB with `-Dorg.apache.tomcat.websocket.DEFAULT_BUFFER_SIZE=1024`, beside those of the connector"))),
  UNDERTOW(
      "undertow",
      "Undertow 2.3.18 or newer",
      Map.of(
          Promise.HTTP2, "not there; browsers then speak HTTP/1.1 by themselves",
          Promise.PINGS_ARE_LIFE, "they are not; the server asks in text, which a client answers",
          Promise.PINGS_WAIT, "the answers wait in memory, until the heartbeat ends the connection",
          Promise.EMPTY_FRAGMENTS, "they do not; they take no memory either",
          Promise.REFUSED_AT_THE_LIMIT, "at most a buffer of the container later",
          Promise.STOPS_AT_ONCE,
              "what was read already waits in memory, with `setDispatchToWorkerThread(true)` all that comes before a worker has its turn; behind 32 MiB it closes with 1013",
          Promise.CLIENT_CODE,
              "no code counts as 1000, 1012 and 1013 as 1002; at 1002 and 1007 not who closed",
          Promise.ANSWER_IS_TOLD, "at most 0.5 s later",
          Promise.COMPRESSION, "where the deployment has `PerMessageDeflateHandshake`"));

  private final String way;
  private final String where;

  @SuppressWarnings("ImmutableEnumChecker") // Never changed.
  private final Map<Promise, String> weaker;

  Traits(String way, String where, Map<Promise, String> weaker) {
    this.way = way;
    this.where = where;
    this.weaker = weaker.isEmpty() ? Map.of() : new EnumMap<>(weaker);
  }

  /** Its name in the log, on the diagnostics page, and as the value of a metric's tag. */
  public String way() {
    return way;
  }

  /** Where it is taken. */
  public String where() {
    return where;
  }

  /** What it does instead; empty when it keeps that. */
  public Optional<String> weaker(Promise promise) {
    return Optional.ofNullable(weaker.get(promise));
  }
}
