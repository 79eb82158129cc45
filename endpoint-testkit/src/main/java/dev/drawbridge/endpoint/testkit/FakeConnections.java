package dev.drawbridge.endpoint.testkit;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.HeartbeatStats;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a server that does not exist, for unit tests of code that pushes: those that
 * the test adds, as long as they are open. Thread-safe.
 */
public final class FakeConnections implements Connections {
  private static final HeartbeatStats NO_PINGS =
      new HeartbeatStats() {
        @Override
        public long pingsSent() {
          return 0;
        }

        @Override
        public long answeredInTime() {
          return 0;
        }

        @Override
        public long answeredLate() {
          return 0;
        }
      };

  private final List<FakeConnection> all = new CopyOnWriteArrayList<>();
  private volatile boolean draining;

  /** With these connections. */
  public static FakeConnections of(FakeConnection... connections) {
    FakeConnections fake = new FakeConnections();
    fake.all.addAll(List.of(connections));
    return fake;
  }

  /** One more has opened. */
  public void add(FakeConnection connection) {
    all.add(connection);
  }

  private final class Some implements Recipients {
    private final Predicate<Connection> condition;

    private Some(Predicate<Connection> condition) {
      this.condition = condition;
    }

    private List<FakeConnection> now() {
      return all.stream().filter(Connection::isOpen).filter(condition).toList();
    }

    @Override
    public int size() {
      return now().size();
    }

    @Override
    public Recipients where(Predicate<Connection> further) {
      return new Some(condition.and(further));
    }

    @Override
    public Recipients except(Connection connection) {
      return where(other -> !other.id().equals(connection.id()));
    }

    @Override
    public CompletionStage<Delivery> send(String type, @Nullable Object data) {
      // Also where nobody is: the server makes the frame before it looks for recipients.
      FakeConnection.checkType(type);
      int written = 0;
      int failed = 0;
      for (FakeConnection connection : now()) {
        try {
          connection.send(type, data).toCompletableFuture().join();
          written++;
        } catch (CompletionException e) {
          failed++;
        }
      }
      return CompletableFuture.completedFuture(new Delivery(written, failed));
    }

    @Override
    public int close(CloseCode code, String reason) {
      FakeConnection.checkReason(reason);
      List<FakeConnection> closing = now();
      closing.forEach(connection -> connection.close(code, reason));
      return closing.size();
    }
  }

  @Override
  public Recipients all() {
    return new Some(connection -> true);
  }

  @Override
  public Recipients forUser(String subject) {
    return new Some(connection -> connection.user().subject().equals(subject));
  }

  @Override
  public Optional<Connection> find(String id) {
    return list().stream().filter(connection -> connection.id().equals(id)).findFirst();
  }

  @Override
  public List<Connection> list() {
    return all.stream().filter(Connection::isOpen).map(Connection.class::cast).toList();
  }

  @Override
  public int size() {
    return list().size();
  }

  /** Of no ping at all. */
  @Override
  public HeartbeatStats heartbeat() {
    return NO_PINGS;
  }

  /** Closes all with 1012, at once. */
  @Override
  public CompletionStage<Void> drain() {
    draining = true;
    all().close(CloseCode.DRAINING, "draining");
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public boolean isDraining() {
    return draining;
  }
}
