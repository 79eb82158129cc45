package dev.drawbridge.endpoint.internal.channels.subscription;

import dev.drawbridge.endpoint.cluster.Position;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A frame that asks for channels and whose rights are known: what the pool hands to the tail.
 * Immutable.
 *
 * @param subscriber who
 * @param id of its frame
 * @param resume all of it goes on from one position, or nothing does
 * @param allowed the channels, by the name that the client uses, in its order
 * @param refused the others
 * @param positions from where, by the log's name; a channel without one begins at the top
 * @param watched channels, by the log's name, whose comings and goings it is told
 * @param members channels, by the log's name, that have members
 * @param controlNumber of the subject, read before the authoriser was asked
 * @param askedNanos when the request came, by {@link System#nanoTime}
 * @param answer who waits for it
 */
public record Registration(
    Subscriber subscriber,
    String id,
    boolean resume,
    List<String> allowed,
    List<Refused> refused,
    Map<String, Position> positions,
    Set<String> watched,
    Set<String> members,
    long controlNumber,
    long askedNanos,
    Answer answer) {

  /** One channel that is refused. */
  public record Refused(String channel, ChannelCode code) {}

  /** Who waits for the tail. Called by the tail, nothing blocks. */
  public interface Answer {
    /** True once: then the tail answers, and nobody else does. */
    boolean claim();

    /** It is answered, or nobody is left to be. */
    void done();

    /** The rights may be out of date: ask again. */
    void again();

    /**
     * It is refused as a whole.
     *
     * @param excess of {@link ChannelCode#TOO_MANY_CHANNELS}, null for any other
     */
    void refused(ChannelCode code, @Nullable Excess excess);
  }
}
