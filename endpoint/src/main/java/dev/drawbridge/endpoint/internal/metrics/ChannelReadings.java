package dev.drawbridge.endpoint.internal.metrics;

import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.util.List;
import java.util.Locale;

/**
 * What the channels of one endpoint can say of themselves when they are asked. Thread-safe; nothing
 * blocks. Counts are since the start.
 */
public interface ChannelReadings {

  /** What became of a publish. */
  enum Publish {
    /** It is in the log. */
    OK,
    /** An earlier one with its key is. */
    DUPLICATE,
    /** It is certainly not. */
    ENGINE_UNAVAILABLE,
    /** Nobody knows. */
    PUBLISH_UNKNOWN;

    /** As it stands in labels. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What became of a client that wanted to go on from a position. */
  enum Resume {
    RESUMED("resumed"),
    EPOCH_CHANGED("resync"),
    TOO_OLD("resync"),
    TOO_MANY("resync"),
    NODE_BEHIND("resync"),
    ENGINE_UNAVAILABLE("refused"),
    TOO_MANY_CHANNELS("refused");

    private final String outcome;

    Resume(String outcome) {
      this.outcome = outcome;
    }

    /** {@code resumed}, {@code resync} or {@code refused}. */
    public String outcome() {
      return outcome;
    }

    /** The word of the frame, {@code none} when it could. */
    public String reason() {
      return this == RESUMED ? "none" : name().toLowerCase(Locale.ROOT);
    }
  }

  /** Channels that have a subscriber. */
  int channels();

  /** Subscriptions of all connections. */
  int subscriptions();

  /** Publishes of clients and of the application. */
  long publishes(Publish outcome);

  /** Frames of channels that were given to connections as they came. */
  long deliveries();

  /** Clients that wanted to go on from a position. */
  long resumes(Resume outcome);

  /** Frames that were replayed to them. */
  long replayed();

  /** How the engine is doing. */
  EngineHealth health();

  /** Entries of the log that this server has not tailed yet, as far as it knows. */
  long behind();

  /** Times that this server had to go on from another place; none for {@code STARTED}. */
  long resets(ResetReason reason);

  /** Entries that can be replayed, as of the last tick. */
  int windowEntries();

  /** Bytes of their frames. */
  long windowBytes();

  /** What brings messages from elsewhere. */
  List<ChannelSource.State> sources();

  /** Members of channels that this server has told the roster. */
  int presenceMembers();

  /** Members of servers without a lease that this server has removed. */
  long presenceReaped();
}
