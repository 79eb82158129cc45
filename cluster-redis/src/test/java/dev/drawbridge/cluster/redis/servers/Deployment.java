package dev.drawbridge.cluster.redis.servers;

import dev.drawbridge.cluster.redis.RedisProcess;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.testing.TcpProxy;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * One Redis, servers as processes, and who of them is given to pages. One test thread changes it;
 * pages ask for servers on threads of their own.
 */
final class Deployment implements AutoCloseable {
  static final String NAME = "contract";

  private final RedisProcess redis = RedisProcess.start();
  private final TcpProxy network = new TcpProxy(redis.port());
  private final List<String> settings;
  private final List<ServerProcess> all = new ArrayList<>();

  /** As a balancer without sticky sessions has them. */
  private final List<ServerProcess> open = new CopyOnWriteArrayList<>();

  Deployment(List<String> settings) throws IOException {
    this.settings = List.copyOf(settings);
  }

  RedisProcess redis() {
    return redis;
  }

  /** Between Redis and the servers that were started behind it. */
  TcpProxy network() {
    return network;
  }

  /** Begins to start a server. */
  ServerProcess start(String name) {
    return start(name, redis.port());
  }

  /** Begins to start a server whose way to Redis is {@link #network}. */
  ServerProcess startBehindNetwork(String name) {
    return start(name, network.port());
  }

  private ServerProcess start(String name, int redisPort) {
    ServerProcess server = ServerProcess.start(name, "redis://127.0.0.1:" + redisPort, settings);
    all.add(server);
    return server;
  }

  /** Pages come to these from now on; waits for their start. */
  void open(ServerProcess... servers) {
    for (ServerProcess server : servers) {
      server.port();
      open.add(server);
    }
  }

  /** New connections go elsewhere from now on. */
  void shut(ServerProcess server) {
    open.remove(server);
  }

  /** The server for the n-th try of somebody, in turn. */
  ServerProcess way(int somebody, int n) {
    List<ServerProcess> now = List.copyOf(open);
    return now.get((somebody + n) % now.size());
  }

  /** Users in a room as a server tells it. */
  static Set<String> members(ServerProcess server, String room) {
    try (RecordingClient watcher =
        RecordingClient.connect(
            URI.create("ws://127.0.0.1:" + server.port() + "/ws"),
            new TestTokens().of("watcher"))) {
      watcher.members(room);
      Set<String> users = new HashSet<>();
      watcher
          .expect("ack")
          .data()
          .path("members")
          .forEach(member -> users.add(member.path("subject").asText()));
      return users;
    }
  }

  @Override
  public void close() {
    all.forEach(ServerProcess::close);
    network.close();
    redis.close();
  }
}
