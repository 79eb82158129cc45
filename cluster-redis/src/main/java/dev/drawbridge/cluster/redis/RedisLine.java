package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * One connection, which connects when it is needed and is thrown away when a call fails. Calls wait
 * for each other; {@link #close} may come from any thread and ends a call that waits.
 */
final class RedisLine implements AutoCloseable {
  private final Supplier<@Nullable HostAndPort> server;
  private final Configured config;
  private final RedisKeys keys;

  /** Null while there is none. Written under this. */
  private volatile @Nullable Connection connection;

  private volatile boolean closed;

  /** Says how to connect, at each time anew: a password may have changed. */
  @FunctionalInterface
  interface Configured {
    JedisClientConfig get() throws EngineException;
  }

  /**
   * A line that has not connected yet.
   *
   * @param server where to; null as long as nobody knows
   */
  RedisLine(Supplier<@Nullable HostAndPort> server, Configured config, RedisKeys keys) {
    this.server = server;
    this.config = config;
    this.keys = keys;
  }

  /**
   * Runs a script.
   *
   * @param arguments those behind the two that every script has
   */
  synchronized Object call(Script script, List<?> arguments) throws EngineException {
    try {
      return execute(evaluation(Protocol.Command.EVALSHA, script.sha(), arguments));
    } catch (JedisNoScriptException e) {
      return call(evaluation(Protocol.Command.EVAL, script.text(), arguments));
    } catch (JedisException e) {
      throw failed(e);
    }
  }

  /** Runs a command. */
  synchronized Object call(CommandArguments command) throws EngineException {
    try {
      return execute(command);
    } catch (JedisException e) {
      throw failed(e);
    }
  }

  private CommandArguments evaluation(Protocol.Command command, Object script, List<?> arguments) {
    CommandArguments all =
        new CommandArguments(command)
            .add(script)
            .add(3)
            .key(keys.log())
            .key(keys.head())
            .key(keys.leases())
            .add(keys.prefix())
            .add(keys.keep().toMillis());
    arguments.forEach(all::add);
    return all;
  }

  /**
   * A connection that stood idle may have ended unnoticed: then once more on a new one. Whatever is
   * called here may be executed twice: the log knows numbers, the roster names.
   */
  private Object execute(CommandArguments command) throws EngineException {
    boolean fresh = connection == null;
    try {
      return executeOnce(command);
    } catch (JedisConnectionException e) {
      if (fresh || isTimeout(e)) {
        throw e;
      }
      drop();
      return executeOnce(command);
    }
  }

  private Object executeOnce(CommandArguments command) throws EngineException {
    Object answer = connected().executeCommand(command);
    return answer == null ? List.of() : answer;
  }

  private static boolean isTimeout(Throwable e) {
    return e instanceof SocketTimeoutException || (e.getCause() != null && isTimeout(e.getCause()));
  }

  private Connection connected() throws EngineException {
    Connection present = connection;
    if (present != null) {
      return present;
    }
    HostAndPort address = server.get();
    if (address == null) {
      throw new EngineException(Outcome.NOT_SENT, "no sentinel has named a primary");
    }
    if (closed) {
      throw new EngineException(Outcome.NOT_SENT, "the engine is closed");
    }
    try {
      present = new Connection(address, config.get());
    } catch (JedisException e) {
      throw new EngineException(Outcome.NOT_SENT, reason(e), e);
    }
    connection = present;
    if (closed) {
      drop();
      throw new EngineException(Outcome.NOT_SENT, "the engine is closed");
    }
    return present;
  }

  /** What became of a call. An error that the server answers with has had no effect. */
  private EngineException failed(JedisException e) {
    if (e instanceof JedisDataException) {
      if (isOfTheConnection(e)) {
        drop();
      }
      return new EngineException(Outcome.NOT_SENT, reason(e), e);
    }
    drop();
    return new EngineException(Outcome.UNKNOWN, reason(e), e);
  }

  /** A server that has become a replica, or one that wants another password: connect anew. */
  private static boolean isOfTheConnection(JedisException e) {
    String text = String.valueOf(e.getMessage());
    return text.startsWith("READONLY")
        || text.startsWith("NOAUTH")
        || text.startsWith("UNKILLABLE");
  }

  /** In words, without an address that might hold a secret. */
  private static String reason(JedisException e) {
    Throwable root = e;
    while (root.getCause() != null && root instanceof JedisConnectionException) {
      root = root.getCause();
    }
    String text = String.valueOf(root.getMessage());
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.startsWith("wrongpass")
        || lower.startsWith("noauth")
        || lower.contains("invalid password")) {
      return "Redis refuses user and password";
    }
    if (lower.startsWith("noperm")) {
      return "the user of Redis may not do what is needed: " + text;
    }
    if (lower.startsWith("oom")) {
      return "Redis has no memory left: " + text;
    }
    return root.getClass().getSimpleName() + ": " + text;
  }

  /** Throws the connection away. */
  void drop() {
    Connection present = connection;
    connection = null;
    if (present != null) {
      try {
        present.forceDisconnect();
      } catch (IOException | JedisException e) {
        // It is gone, which is what was wanted.
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    drop();
  }
}
