package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.internal.Finding;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the endpoint has seen lately, without a reference to anything that lives. Immutable.
 *
 * @param nowMillis epoch milliseconds of the runtime's clock, as all times here
 * @param endpointPath the path that is upgraded, with the context path
 * @param attempts newest first
 * @param closings newest first
 * @param open the open connections
 * @param setUp what is wrong with the web application
 * @param health of what the endpoint stands on
 * @param channels what they have seen, null when they were not looked at
 */
public record Sightings(
    long nowMillis,
    String endpointPath,
    List<Tried> attempts,
    List<Closing> closings,
    List<Open> open,
    List<Finding> setUp,
    Health health,
    @Nullable ChannelSightings channels) {

  /** Copies the lists. */
  public Sightings {
    attempts = List.copyOf(attempts);
    closings = List.copyOf(closings);
    open = List.copyOf(open);
    setUp = List.copyOf(setUp);
  }

  /**
   * A handshake.
   *
   * @param client names whoever tried it: address, origin and user agent
   * @param stage as in PROTOCOL.md section 1
   * @param code {@code ok}, or what ended it
   * @param path as requested
   * @param origin null when there was none, like all that follow
   * @param skewMs how far the issuer's clock is ahead, of a verified token
   * @param filters those in front of the endpoint, outermost first; empty if it was not reached
   * @param reachedEndpoint it came as far as the servlet
   */
  public record Tried(
      String id,
      String client,
      long startedAt,
      long at,
      String stage,
      String code,
      String path,
      @Nullable String origin,
      @Nullable String originReason,
      @Nullable String host,
      @Nullable String hint,
      @Nullable String alg,
      @Nullable String iss,
      @Nullable String aud,
      @Nullable String sub,
      @Nullable Long skewMs,
      List<String> filters,
      boolean reachedEndpoint) {

    /** Copies the filters. */
    public Tried {
      filters = List.copyOf(filters);
    }

    /** Nobody has refused it and the connection is open. */
    boolean isWelcome() {
      return stage.equals("welcome");
    }

    /** Refused before there was a connection. */
    boolean isRefused() {
      return !code.equals("ok") && !stage.equals("closed");
    }

    boolean isOver() {
      return !code.equals("ok");
    }
  }

  /**
   * A connection that is over.
   *
   * @param byServer the endpoint has closed it
   * @param ageMs how long it was open
   * @param quietMs how long nothing had been sent or received when it ended
   */
  public record Closing(int code, boolean byServer, long at, long ageMs, long quietMs) {}

  /**
   * An open connection.
   *
   * @param client as in {@link Tried}
   * @param fromPage it has an origin: its client is a browser
   * @param queueShare the fuller of the two bounds of its queue, 0 to 1
   * @param oldestMs how long the oldest frame has waited, 0 when none does
   */
  public record Open(
      String id,
      String subject,
      String client,
      boolean fromPage,
      long openedAt,
      double queueShare,
      long oldestMs) {}

  /**
   * What the endpoint stands on.
   *
   * @param databaseDown why, null when it is up or there is none
   * @param poolWaiting callers that wait for a connection of the pool
   * @param poolMax connections of the pool at most
   * @param draining the endpoint is being emptied
   * @param pingsSent heartbeats whose time is over
   * @param pingsInTime of those, answered in time
   * @param heartbeatSeconds the interval
   */
  public record Health(
      @Nullable String databaseDown,
      int poolWaiting,
      int poolMax,
      boolean draining,
      long pingsSent,
      long pingsInTime,
      long heartbeatSeconds) {}
}
