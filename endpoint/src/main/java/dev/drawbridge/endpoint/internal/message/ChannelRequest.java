package dev.drawbridge.endpoint.internal.message;

import dev.drawbridge.endpoint.cluster.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client asks of channels. Immutable. PROTOCOL.md section 11. */
public sealed interface ChannelRequest {
  /**
   * One channel of a frame.
   *
   * @param channel as the client names it, not checked
   * @param from where its client stands, null for the top
   */
  record Wanted(String channel, @Nullable Position from) {}

  /**
   * Subscribes.
   *
   * @param resumes all go on from one position, or none does
   * @param presence to be told who comes and goes
   */
  record Register(boolean resumes, List<Wanted> wanted, boolean presence)
      implements ChannelRequest {
    /** Copies the list. */
    public Register {
      wanted = List.copyOf(wanted);
    }
  }

  /** Ends subscriptions. */
  record Unsubscribe(List<String> names) implements ChannelRequest {
    /** Copies the list. */
    public Unsubscribe {
      names = List.copyOf(names);
    }
  }

  /**
   * Publishes.
   *
   * @param channel as the client names it, not checked
   * @param type of the message inside, not checked
   * @param json its data as it was written, null for none
   * @param key null for none
   */
  record Publish(String channel, String type, @Nullable String json, @Nullable String key)
      implements ChannelRequest {}

  /** Asks who is in a channel. */
  record Question(String channel) implements ChannelRequest {}
}
