package dev.drawbridge.cluster.redis.servers;

import dev.drawbridge.testing.Eventually;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.XReadParams;
import redis.clients.jedis.resps.StreamEntry;

/**
 * Reads the log in Redis itself, from its begin and without a server of ours: the truth with which
 * pages are compared. A thread of its own.
 */
final class LogReader extends Thread implements AutoCloseable {
  private static final Pattern NUMBER = Pattern.compile("\"data\":(\\d+)");
  private static final int BLOCK_MS = 200;

  private final Jedis jedis;
  private final String key;

  /** Guarded by itself. */
  private final List<Message> messages = new ArrayList<>();

  private volatile long top;
  private volatile boolean closed;

  /** A message of the log that is no repeat; the number is what its publisher gave it. */
  record Message(String epoch, long seq, String channel, int number) {}

  LogReader(Jedis jedis, String cluster) {
    super("log reader");
    setDaemon(true);
    this.jedis = jedis;
    this.key = "{drawbridge:" + cluster + "}:log";
  }

  /** Number of the newest entry of any kind. */
  long top() {
    return top;
  }

  /** Waits until everything that is in the log now has been read, and says where it ends. */
  long end(Jedis other) {
    long now = other.xrevrange(key, "+", "-", 1).get(0).getID().getTime();
    Eventually.eventually("the log is read to " + now, () -> top >= now);
    return now;
  }

  /** In the order of the log, by channel. */
  Map<String, List<Message>> byChannel() {
    Map<String, List<Message>> byChannel = new HashMap<>();
    for (Message message : all()) {
      byChannel.computeIfAbsent(message.channel(), name -> new ArrayList<>()).add(message);
    }
    return byChannel;
  }

  List<Message> all() {
    synchronized (messages) {
      return List.copyOf(messages);
    }
  }

  @Override
  public void run() {
    StreamEntryID last = new StreamEntryID(0, 0);
    while (!closed) {
      try {
        List<Map.Entry<String, List<StreamEntry>>> streams =
            jedis.xread(XReadParams.xReadParams().count(1_000).block(BLOCK_MS), Map.of(key, last));
        for (Map.Entry<String, List<StreamEntry>> stream :
            streams == null ? List.<Map.Entry<String, List<StreamEntry>>>of() : streams) {
          for (StreamEntry entry : stream.getValue()) {
            last = entry.getID();
            take(entry);
          }
        }
      } catch (JedisException e) {
        if (!closed) {
          throw e;
        }
      }
    }
  }

  private void take(StreamEntry entry) {
    Map<String, String> fields = entry.getFields();
    long seq = entry.getID().getTime();
    if ("message".equals(fields.get("k")) && "0".equals(fields.getOrDefault("r", "0"))) {
      Matcher number = NUMBER.matcher(fields.get("d"));
      if (number.find()) {
        synchronized (messages) {
          messages.add(
              new Message(
                  fields.get("e"), seq, fields.get("c"), Integer.parseInt(number.group(1))));
        }
      }
    }
    top = seq;
  }

  @Override
  public void close() {
    closed = true;
    jedis.close();
  }
}
