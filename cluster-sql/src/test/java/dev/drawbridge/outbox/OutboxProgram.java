package dev.drawbridge.outbox;

import dev.drawbridge.db.DatabaseConfig;
import java.util.HashMap;
import java.util.Map;

/**
 * A server in a process of its own, whose threads commit and roll back at random until a line comes
 * in. Arguments: URL of the database, its user, engine, port, first id, threads.
 */
final class OutboxProgram {
  private OutboxProgram() {}

  public static void main(String[] args) throws Exception {
    Map<String, String> settings = new HashMap<>();
    if (!args[2].equals("memory")) {
      settings.put("DRAWBRIDGE_CLUSTER", args[2]);
      settings.put("DRAWBRIDGE_CLUSTER_NAME", "outbox");
    }
    settings.put("DRAWBRIDGE_REPLAY_MESSAGES", "4000");
    settings.put("DRAWBRIDGE_SEND_QUEUE_FRAMES", "8192");
    settings.put("DRAWBRIDGE_SEND_QUEUE_BYTES", "16777216");
    OutboxNode node =
        OutboxNode.start(
            DatabaseConfig.builder().url(args[0]).user(args[1]).password("").poolSize(12).build(),
            null,
            settings,
            Integer.parseInt(args[3]));
    Writers writers = new Writers(node, Integer.parseInt(args[5]), Integer.parseInt(args[4]));
    System.out.println("ready");
    System.out.println("stop with " + System.in.read());
    writers.stop();
    System.out.println("written");
    // Relays what is left until it is killed.
    System.out.println("end " + System.in.read());
    node.close();
  }
}
