package dev.drawbridge.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.drawbridge.doctor.wire.Answer;
import dev.drawbridge.doctor.wire.Deadline;
import dev.drawbridge.doctor.wire.Frames;
import dev.drawbridge.doctor.wire.Line;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the steps have learnt of a server for those behind them. Used by one thread. */
final class Patient {
  /** Of the step that is under way. */
  Deadline deadline = Deadline.inMillis(0);

  /** Where the name leads; the first of those that answer is asked. */
  List<InetAddress> addresses = new ArrayList<>();

  /** Null until it is known that something listens. */
  @Nullable InetAddress chosen;

  /** By ALPN; empty for a server that speaks no HTTP/2, and without TLS. */
  String application = "";

  /** The discovery document; missing where there is none that can be read. */
  JsonNode discovery = MissingNode.getInstance();

  /** Whether answers are Drawbridge's. */
  boolean drawbridge;

  /** Server's clock minus ours; 0 while unknown. */
  long clockOffsetMillis;

  /** The answer of {@code /ws/diagnose} to the token; null when it was not asked or not there. */
  @Nullable Answer diagnosis;

  /** The id of the try, as the server records it. */
  String attempt = "";

  /** What the upgrade has opened; null until then. */
  @Nullable Line line;

  @Nullable Frames frames;

  /** Of {@code welcome}, in milliseconds; 0 while unknown. */
  long intervalMillis;

  long graceMillis;

  /** By {@link System#nanoTime()}, when the upgrade was answered, and when the last frame came. */
  long openedAt;

  long heardAt;

  /** How long the watch has lasted, which is done while the heartbeat is looked at. */
  long heldMillis;

  InetAddress server() {
    if (chosen == null) {
      throw new IllegalStateException("no server yet");
    }
    return chosen;
  }

  Frames frames() {
    if (frames == null) {
      throw new IllegalStateException("not open yet");
    }
    return frames;
  }

  Line line() {
    if (line == null) {
      throw new IllegalStateException("not open yet");
    }
    return line;
  }
}
