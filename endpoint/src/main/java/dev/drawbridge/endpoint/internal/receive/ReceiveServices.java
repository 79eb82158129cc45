package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.Limits;
import dev.drawbridge.endpoint.internal.channels.ChannelHub;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;

/**
 * What the ways in of all connections of one endpoint share. Immutable; its parts are thread-safe.
 */
public record ReceiveServices(
    Limits limits,
    EndpointDefinition endpoint,
    ProtocolFrames frames,
    HandlerExecutor threads,
    ReceivedCounts counts,
    HandlerAnswers answers,
    ChannelMessages channels) {
  public static ReceiveServices of(
      Limits limits,
      EndpointDefinition endpoint,
      ProtocolFrames frames,
      HandlerExecutor threads,
      ReceivedCounts counts,
      ChannelHub channels) {
    return new ReceiveServices(
        limits,
        endpoint,
        frames,
        threads,
        counts,
        new HandlerAnswers(limits.config(), frames),
        new ChannelMessages(channels, endpoint, frames));
  }

  /** The same by other limits, for the connections to come. */
  public ReceiveServices with(EndpointConfig config) {
    return new ReceiveServices(
        limits.with(config), endpoint, frames, threads, counts, answers, channels);
  }

  /** By which the connections that share this were admitted. */
  public EndpointConfig config() {
    return limits.config();
  }
}
