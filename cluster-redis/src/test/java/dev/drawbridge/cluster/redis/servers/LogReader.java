package dev.drawbridge.cluster.redis.servers;

import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.testing.Eventually;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
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

  private final Supplier<Jedis> redis;
  private final String key;

  /** Guarded by itself. */
  private final List<Message> messages = new ArrayList<>();

  /** The newest entry of any kind of each epoch. */
  private final Map<String, Long> tops = new ConcurrentHashMap<>();

  private volatile Position top = new Position("00000000", 0);
  private volatile boolean closed;

  /** A message of the log that is no repeat; the number is what its publisher gave it. */
  record Message(String epoch, long seq, String channel, int number) {}

  LogReader(Supplier<Jedis> redis, String cluster) {
    super("log reader");
    setDaemon(true);
    this.redis = redis;
    this.key = "{drawbridge:" + cluster + "}:log";
  }

  /** The newest entry of any kind. */
  Position top() {
    return top;
  }

  /** How far an epoch was read; what a Redis that died had beyond it has nobody any more. */
  long topOf(String epoch) {
    return tops.getOrDefault(epoch, 0L);
  }

  /** Waits until everything that is in the log now has been read, and says where it ends. */
  Position end() {
    try (Jedis other = redis.get()) {
      StreamEntry last = other.xrevrange(key, "+", "-", 1).get(0);
      Position now = new Position(last.getFields().get("e"), last.getID().getTime());
      Eventually.eventually(
          "the log is read to " + now,
          () -> top.epoch().equals(now.epoch()) && top.seq() >= now.seq());
      return now;
    }
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
    while (!closed) {
      try (Jedis jedis = redis.get()) {
        read(jedis);
      } catch (JedisException e) {
        // Redis is away; the next one has another log.
        LockSupport.parkNanos(20_000_000);
      }
    }
  }

  private void read(Jedis jedis) {
    StreamEntryID last = new StreamEntryID(0, 0);
    while (!closed) {
      List<Map.Entry<String, List<StreamEntry>>> streams =
          jedis.xread(XReadParams.xReadParams().count(1_000).block(BLOCK_MS), Map.of(key, last));
      if (streams != null) {
        for (StreamEntry entry : streams.get(0).getValue()) {
          last = entry.getID();
          take(entry);
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
    top = new Position(fields.get("e"), seq);
    tops.put(top.epoch(), seq);
  }

  @Override
  public void close() {
    closed = true;
  }
}
