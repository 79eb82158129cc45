package dev.drawbridge.outbox.internal;

import dev.drawbridge.endpoint.cluster.ChannelSource.Feed;
import dev.drawbridge.endpoint.cluster.ChannelSource.Message;
import dev.drawbridge.endpoint.cluster.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one look at the table comes to. Immutable.
 *
 * @param messages to be sent, in order
 * @param rows those of the messages
 * @param sentBefore in the log already, only to be deleted
 * @param bad to be moved aside
 * @param isCut rows are left for the next round
 */
record Batch(
    List<Message> messages,
    List<Waiting> rows,
    List<Waiting> sentBefore,
    List<Bad> bad,
    boolean isCut) {
  /** Longest reason that is kept: {@value} characters. */
  static final int MAX_REASON = 1_000;

  /** Most characters of data that are held at once. */
  private static final long MAX_CHARACTERS = 1024L * 1024;

  /** A row that can never be sent. */
  record Bad(Waiting row, String reason) {}

  static Batch of(OutboxTable table, List<Waiting> rows, Set<String> appended, Feed feed) {
    List<Message> messages = new ArrayList<>();
    List<Waiting> sent = new ArrayList<>();
    List<Waiting> sentBefore = new ArrayList<>();
    List<Bad> bad = new ArrayList<>();
    long characters = 0;
    for (Waiting row : rows) {
      if (appended.contains(row.key())) {
        sentBefore.add(row);
        continue;
      }
      characters += Math.min(row.length(), Entry.MAX_TEXT);
      if (characters > MAX_CHARACTERS && !messages.isEmpty()) {
        return new Batch(messages, sent, sentBefore, bad, true);
      }
      String data = row.data();
      String reason = null;
      if (row.length() > Entry.MAX_TEXT) {
        reason =
            "a message must have at most "
                + Entry.MAX_TEXT
                + " characters as a frame: "
                + row.length();
      } else if (row.length() > OutboxTable.INLINE) {
        Optional<String> whole = table.data(row.id());
        if (whole.isEmpty()) {
          // Somebody has deleted it.
          continue;
        }
        data = whole.get();
      }
      if (reason == null) {
        reason = refusal(feed, row, data);
      }
      if (reason == null) {
        messages.add(new Message(row.key(), row.channel(), row.type(), data));
        sent.add(row);
      } else {
        bad.add(new Bad(row, reason));
      }
    }
    return new Batch(messages, sent, sentBefore, bad, false);
  }

  /** A row that makes the check itself fail is bad, too: it must not stop the others. */
  private static @Nullable String refusal(Feed feed, Waiting row, @Nullable String data) {
    try {
      return feed.refusal(row.channel(), row.type(), data);
    } catch (RuntimeException | StackOverflowError e) {
      return "a message must be one that can be checked: " + e.getClass().getSimpleName();
    }
  }
}
