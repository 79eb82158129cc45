package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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
import redis.clients.jedis.exceptions.JedisRedirectionException;

/**
 * One connection, which connects when it is needed and is thrown away when a call fails. Calls wait
 * for each other, and not for long; {@link #close} and {@link #renew} may come from any thread.
 *
 * <p>A connection that stood idle may have ended unnoticed: then the call is repeated once on a new
 * one. What is called here may be executed twice, for the log knows numbers and the roster names.
 * So whatever the second try says, a first one that was sent and not answered leaves the outcome
 * {@code UNKNOWN}, unless the second is answered; and an answer that refuses settles the second
 * alone, for another server or another log may have given it.
 */
final class RedisLine implements AutoCloseable {
  /** Longest wait for another call to end. */
  private static final long TURN_MILLIS = 1_000;

  private final Supplier<@Nullable HostAndPort> server;
  private final Configured config;
  private final RedisKeys keys;

  private final ReentrantLock lock = new ReentrantLock(true);

  /** Null while there is none. Written with the lock held, but for {@link #close}. */
  private volatile @Nullable Connection connection;

  /** The next call begins with a new connection. */
  private volatile boolean stale;

  private volatile boolean closed;

  /**
   * What a server has answered.
   *
   * @param again an earlier try was sent and not answered: it may have been executed, and elsewhere
   */
  record Answer(Object value, boolean again) {
    /** What became of the call where this answer refuses it. */
    Outcome refused() {
      return again ? Outcome.UNKNOWN : Outcome.NOT_SENT;
    }
  }

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
  Object call(Script script, List<?> arguments) throws EngineException {
    return ask(script, arguments).value;
  }

  /** Runs a script whose refusal means less where an earlier try may have been executed. */
  Answer ask(Script script, List<?> arguments) throws EngineException {
    return call(
        evaluation(Protocol.Command.EVALSHA, script.sha(), arguments),
        () -> evaluation(Protocol.Command.EVAL, script.text(), arguments));
  }

  /** Runs a command. */
  Object call(CommandArguments command) throws EngineException {
    return call(command, () -> command).value;
  }

  private Answer call(CommandArguments command, Supplier<CommandArguments> whole)
      throws EngineException {
    boolean mine = false;
    try {
      mine = lock.tryLock(TURN_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!mine) {
      throw new EngineException(Outcome.NOT_SENT, "Redis has not answered other calls for a while");
    }
    try {
      return execute(command, whole);
    } finally {
      lock.unlock();
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
   * Executes it, and once more on a new connection if the one that stood idle has ended.
   *
   * @param whole with the text of the script, for a server that does not know it
   */
  private Answer execute(CommandArguments command, Supplier<CommandArguments> whole)
      throws EngineException {
    boolean perhaps = false;
    CommandArguments next = command;
    while (true) {
      boolean idle = connection != null && !stale;
      try {
        Object answer = connected().executeCommand(next);
        return new Answer(answer == null ? List.of() : answer, perhaps);
      } catch (JedisNoScriptException e) {
        if (next != command) {
          throw failed(e, perhaps);
        }
        next = whole.get();
      } catch (JedisConnectionException e) {
        drop();
        if (!idle || perhaps || isTimeout(e)) {
          throw failed(e, perhaps);
        }
        perhaps = true;
      } catch (JedisException e) {
        throw failed(e, perhaps);
      } catch (EngineException e) {
        throw perhaps ? new EngineException(Outcome.UNKNOWN, String.valueOf(e.getMessage()), e) : e;
      } catch (RuntimeException | Error e) {
        // The answer may still be on its way, and the next call would take it for its own.
        drop();
        throw e;
      }
    }
  }

  private static boolean isTimeout(Throwable e) {
    return e instanceof SocketTimeoutException || (e.getCause() != null && isTimeout(e.getCause()));
  }

  private Connection connected() throws EngineException {
    if (stale) {
      stale = false;
      drop();
    }
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

  /**
   * What became of a call. An error that the server answers with has had no effect.
   *
   * @param perhaps an earlier try of the same may have had one
   */
  private EngineException failed(JedisException e, boolean perhaps) {
    if (e instanceof JedisDataException) {
      if (isOfTheConnection(e)) {
        drop();
      }
      return new EngineException(perhaps ? Outcome.UNKNOWN : Outcome.NOT_SENT, reason(e), e);
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
    if (e instanceof JedisRedirectionException) {
      return "Redis is a cluster of several shards, and this one does not hold the keys of this"
          + " deployment: give the address of the primary that does, or a Redis of one shard ("
          + text
          + ")";
    }
    if (lower.contains("end of stream")) {
      return "Redis, or what stands in front of it, has ended the connection";
    }
    if (isTimeout(root)) {
      return "Redis has not answered in time";
    }
    return root.getClass().getSimpleName() + ": " + text.replaceFirst("[.\\s]+$", "");
  }

  /**
   * Has the next call begin with a new connection: the idle one has most likely ended, and what is
   * sent on it could not be told from what was executed. Does not wait for a call that is under
   * way.
   */
  void renew() {
    stale = true;
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
