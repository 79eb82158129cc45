package dev.drawbridge.cluster.redis.servers;

import dev.drawbridge.cluster.redis.RedisNodes;
import dev.drawbridge.endpoint.cluster.TestNode;

/**
 * One server of a deployment as a process of its own. Prints {@code port N} when it serves; drains
 * on SIGTERM, and ends with its standard input, so that nothing outlives who started it.
 */
final class ServerMain {
  private ServerMain() {}

  /** Takes the address of Redis, then names and values of settings. */
  public static void main(String[] args) throws Exception {
    String[] settings = new String[args.length - 1];
    System.arraycopy(args, 1, settings, 0, settings.length);
    TestNode node = RedisNodes.start(args[0], settings);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  node.connections().drain().toCompletableFuture().join();
                  node.close();
                },
                "drain"));
    System.out.println("port " + node.port());
    while (System.in.read() >= 0) {
      // Nothing is said here.
    }
    Runtime.getRuntime().halt(0);
  }
}
