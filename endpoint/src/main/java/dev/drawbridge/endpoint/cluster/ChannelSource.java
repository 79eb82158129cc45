package dev.drawbridge.endpoint.cluster;

import jakarta.servlet.ServletContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings messages that were kept elsewhere into channels: the outbox. Found by {@link
 * java.util.ServiceLoader} on the class path of the web application, so it needs a constructor
 * without parameters. Started with the endpoint and closed before it; thread-safe.
 */
public interface ChannelSource extends AutoCloseable {
  /**
   * Begins, on threads of its own. Waits for nothing, and never throws because what it reads is
   * away.
   */
  void start(ServletContext context, Feed feed);

  /** How it is doing; never blocks. */
  State state();

  /** Joins its threads within 2 s. */
  @Override
  void close();

  /**
   * A message that was kept.
   *
   * @param key by which the log knows a repeat, at most {@value Entry#MAX_KEY} characters; of the
   *     outbox: {@code o:}, the number of the row, {@code :} and when it was inserted
   * @param channel as the log names it: a user's own one is {@code ~} and the subject
   * @param data its JSON, null for none
   */
  record Message(String key, String channel, String type, @Nullable String data) {}

  /**
   * One that could not be published and was moved aside.
   *
   * @param what which one, without its data
   * @param reason the rule, then the value
   */
  record Rejection(String what, String reason, Instant at) {}

  /**
   * How a source is doing. Immutable. Counts are since the start of this server.
   *
   * @param name lower-case letters: {@code outbox}
   * @param published what this server has brought into the log
   * @param rejected what this server has moved aside
   * @param last the last one of those, null when there was none
   * @param trouble why nothing is brought now, null when all is well; nothing secret
   * @param since when the trouble began, or ended
   * @param waiting how long the oldest one that was seen at the last look had waited
   * @param elsewhere another server brings messages, too, and those do not come to this one's pages
   */
  record State(
      String name,
      long published,
      long rejected,
      @Nullable Rejection last,
      @Nullable String trouble,
      Instant since,
      Duration waiting,
      boolean elsewhere) {}

  /** What an endpoint offers to it. Thread-safe. */
  interface Feed {
    /** Most messages of one {@link #publish}: {@value}. */
    int MAX_BATCH = ClusterEngine.MAX_BATCH;

    /** True while the log is open and its engine is reached; never blocks. */
    boolean isOpen();

    /** False where this server's own pages are all that a message reaches; never blocks. */
    boolean hasOthers();

    /**
     * True when this server is draining and what it publishes reaches its own pages alone: then
     * whoever else can publish is to do so. Never blocks.
     */
    boolean isLeaving();

    /**
     * The application's data as JSON.
     *
     * @throws IllegalArgumentException if Jackson cannot write it
     */
    @Nullable String json(@Nullable Object data);

    /**
     * Why a message cannot be published here, whatever the engine does: the rule, then the value.
     *
     * @return null when it can
     */
    @Nullable String refusal(String channel, String type, @Nullable String json);

    /**
     * Appends in order; blocks until all are settled, for at most 5 s. What the log has already by
     * its key is appended, too.
     *
     * @param batch at most {@value #MAX_BATCH}, none of which is refused
     * @return the keys of those that are certainly in the log; of the others nobody knows
     */
    Set<String> publish(List<Message> batch);

    /**
     * Keys that need not be known any more, because no server can bring their messages again. Best
     * effort; blocks for at most 2 s.
     */
    void forget(List<String> keys);
  }
}
