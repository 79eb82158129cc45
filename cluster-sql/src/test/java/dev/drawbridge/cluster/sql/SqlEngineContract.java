package dev.drawbridge.cluster.sql;

import static dev.drawbridge.testing.Eventually.eventually;

import dev.drawbridge.db.Database;
import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ClusterEngineContract;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.testing.Ports;
import dev.drawbridge.testing.TcpProxy;
import dev.drawbridge.testservers.TestServer;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The engine on real servers, by the contract of all engines. */
abstract class SqlEngineContract extends ClusterEngineContract {
  private final TestServer server;

  SqlEngineContract(TestServer server) {
    this.server = server;
  }

  @Override
  protected Deployment deployment() {
    return new OnSql(SqlDatabase.empty(server, getClass()));
  }

  /** One database; each engine has a link of its own to it. */
  private static final class OnSql implements Deployment {
    private final SqlDatabase database;
    private final Database handle;
    private final Map<ClusterEngine, TcpProxy> links = new LinkedHashMap<>();

    private OnSql(SqlDatabase database) {
      this.database = database;
      this.handle = SqlDatabase.handle(database.url(), database.user());
    }

    private SqlEngine engine(int port, @Nullable String user, @Nullable String password) {
      return new SqlEngine(
          new SqlServer(
              handle,
              ClusterConfig.builder("sql", "contract")
                  .url(database.urlBy(port))
                  .user(user)
                  .password(password)
                  .build()));
    }

    @Override
    public ClusterEngine engine() {
      try {
        TcpProxy link = new TcpProxy(database.port());
        SqlEngine engine = engine(link.port(), null, null);
        links.put(engine, link);
        return engine;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public Duration patience() {
      return Duration.ofSeconds(4);
    }

    @Override
    public boolean lose(Loss loss) {
      switch (loss) {
        case FLUSHED ->
            database.execute(
                "DELETE FROM drawbridge_log_head",
                "DELETE FROM drawbridge_log",
                "DELETE FROM drawbridge_log_key",
                "DELETE FROM drawbridge_node",
                "DELETE FROM drawbridge_member");
        case HEAD_GONE -> database.execute("DELETE FROM drawbridge_log_head");
        case LOG_GONE -> database.execute("DELETE FROM drawbridge_log");
        case PUT_BACK -> {
          long top = database.number("SELECT top FROM drawbridge_log_head");
          database.execute(
              "DELETE FROM drawbridge_log WHERE seq = " + top,
              "UPDATE drawbridge_log_head SET top = top - 1");
        }
        case IDENTITY_CHANGED ->
            // As it stands after the same tables are on another process.
            database.execute("UPDATE drawbridge_log_head SET identity = 'another'");
      }
      return true;
    }

    @Override
    public boolean away(boolean away) {
      links.values().forEach(link -> link.refuse(away));
      return true;
    }

    @Override
    public boolean frozen(boolean frozen) {
      links.values().forEach(link -> link.swallow(frozen));
      return true;
    }

    @Override
    public boolean swallowing(boolean swallowing) {
      links
          .values()
          .forEach(
              link -> {
                if (!swallowing) {
                  link.cut();
                }
                link.swallow(swallowing);
              });
      return true;
    }

    @Override
    public boolean trimPast(ClusterEngine engine) {
      TcpProxy link = links.get(engine);
      link.refuse(true);
      eventually(
          "the tail has lost its line", () -> engine.health().state() != EngineHealth.State.UP);
      long top = database.number("SELECT top FROM drawbridge_log_head");
      for (int i = 1; i <= 3; i++) {
        database.execute(
            "INSERT INTO drawbridge_log (cluster, epoch, seq, node, n, written_at, version, kind,"
                + " channel, type, repeat_of, body) SELECT cluster, epoch, "
                + (top + i)
                + ", 'other', 0, 1, 1, 'control', '', 'none', 0, 'nobody''s' FROM drawbridge_log_head",
            "UPDATE drawbridge_log_head SET top = " + (top + i));
      }
      eventually(
          "the other nodes have read on",
          () ->
              links.keySet().stream()
                  .filter(other -> other != engine)
                  .allMatch(other -> ((SqlEngine) other).tailed() == top + 3));
      database.execute(
          "DELETE FROM drawbridge_log WHERE seq < " + (top + 3),
          "UPDATE drawbridge_log_head SET trimmed = " + (top + 2));
      link.refuse(false);
      return true;
    }

    @Override
    public ClusterEngine unreachable(String secret) {
      return engine(Ports.free(), database.user(), secret);
    }

    @Override
    public void pass(Duration time) {
      database.execute("UPDATE drawbridge_node SET lease_until = lease_until - " + time.toMillis());
    }

    @Override
    public void close() {
      links.values().forEach(TcpProxy::close);
      handle.close();
    }
  }
}
