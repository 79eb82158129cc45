package dev.drawbridge.endpoint.internal;

import dev.drawbridge.filters.settings.DevMode;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.time.Duration;

/**
 * The settings that the endpoint itself uses. Immutable. Ranges are those of {@link Setting}.
 *
 * @param mode development or production
 * @param heartbeatInterval silence after which the server asks
 * @param heartbeatGrace how long it then waits
 * @param maxMessageBytes largest message in UTF-8 bytes
 * @param messagesPerSecond messages of one connection
 * @param messageBurst messages of one connection at once
 * @param connectionsPerUser 0 = no limit
 * @param connectionsPerAddress 0 = no limit
 * @param connectionsMax connections in all
 * @param handlerTimeout longest handling of one message
 * @param sendTimeout longest time from a send to its end
 * @param sendQueueFrames frames that wait for a slow reader
 * @param sendQueueBytes bytes that wait for a slow reader
 * @param receiveQueueFrames messages that wait before the connection is not read
 * @param compression permessage-deflate for clients that offer it
 * @param closesWithSession the end of the HTTP session of the handshake closes the connection
 * @param channels limits of channels
 * @param leeway clock difference that is forgiven at a token's expiry
 */
public record EndpointConfig(
    DevMode mode,
    Duration heartbeatInterval,
    Duration heartbeatGrace,
    int maxMessageBytes,
    int messagesPerSecond,
    int messageBurst,
    int connectionsPerUser,
    int connectionsPerAddress,
    int connectionsMax,
    Duration handlerTimeout,
    Duration sendTimeout,
    int sendQueueFrames,
    int sendQueueBytes,
    int receiveQueueFrames,
    boolean compression,
    boolean closesWithSession,
    ChannelConfig channels,
    Duration leeway) {

  public static EndpointConfig from(Settings settings) {
    return new EndpointConfig(
        settings.mode(),
        settings.duration(Setting.HEARTBEAT_INTERVAL),
        settings.duration(Setting.HEARTBEAT_GRACE),
        settings.integer(Setting.MAX_MESSAGE_BYTES),
        settings.integer(Setting.MESSAGES_PER_SECOND),
        settings.integer(Setting.MESSAGE_BURST),
        settings.integer(Setting.CONNECTIONS_PER_USER),
        settings.integer(Setting.CONNECTIONS_PER_ADDRESS),
        settings.integer(Setting.CONNECTIONS_MAX),
        settings.duration(Setting.HANDLER_TIMEOUT),
        settings.duration(Setting.SEND_TIMEOUT),
        settings.integer(Setting.SEND_QUEUE_FRAMES),
        settings.integer(Setting.SEND_QUEUE_BYTES),
        settings.integer(Setting.RECEIVE_QUEUE_FRAMES),
        settings.bool(Setting.COMPRESSION),
        settings.bool(Setting.CLOSE_WITH_SESSION),
        ChannelConfig.from(settings),
        settings.duration(Setting.JWT_LEEWAY));
  }

  /** The container's own limit, wide enough that only a dead heartbeat reaches it. */
  public Duration idleTimeout() {
    return heartbeatInterval.multipliedBy(2).plus(heartbeatGrace);
  }
}
