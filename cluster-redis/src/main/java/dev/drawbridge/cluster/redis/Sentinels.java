package dev.drawbridge.cluster.redis;

import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Where the primary is: the one host of the address, or what its sentinels say. Asking may block
 * for about a second for each sentinel that is away. Thread-safe.
 */
final class Sentinels implements AutoCloseable {
  private final RedisAddress address;

  /** What was found last; null before. */
  private volatile @Nullable HostAndPort current;

  private volatile boolean closed;

  Sentinels(RedisAddress address) {
    this.address = address;
    this.current = address.hasSentinels() ? null : address.hosts().get(0);
  }

  /** The primary as last found, without asking; null as long as none was found. */
  @Nullable HostAndPort current() {
    return current;
  }

  /**
   * Asks the sentinels in turn; the first that answers counts. Keeps what was known when none does.
   */
  @Nullable HostAndPort find() {
    if (!address.hasSentinels()) {
      return current;
    }
    for (HostAndPort sentinel : address.hosts()) {
      if (closed) {
        break;
      }
      try (Connection connection = new Connection(sentinel, address.sentinelConfig())) {
        Object answer =
            connection.executeCommand(
                new CommandArguments(Protocol.Command.SENTINEL)
                    .add("get-master-addr-by-name")
                    .add(address.primary()));
        if (answer instanceof List<?> parts && parts.size() == 2) {
          HostAndPort found =
              new HostAndPort(Answers.text(parts.get(0)), (int) Answers.number(parts.get(1)));
          current = found;
          return found;
        }
      } catch (JedisException e) {
        // The next one.
      }
    }
    return current;
  }

  /** Ends a search that is under way behind the sentinel that it waits for. */
  @Override
  public void close() {
    closed = true;
  }
}
