package dev.drawbridge.endpoint.internal.transport;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A transport whose steps the test decides: a text is under way until the test says that it is
 * written. It minds the rules of the seam, and remembers each breach. For one thread: what another
 * thread might do in the middle of a call is done by {@link #during}.
 */
public final class FakeTransport implements Transport {
  /** What was handed over and written or copied, in order. */
  public final List<String> written = new ArrayList<>();

  /** What was done against the rules of the seam. */
  public final List<String> breaches = new ArrayList<>();

  private final TransportOwner owner;

  /** Copied, but not written. */
  private int copied;

  private @Nullable Writer writer;
  private @Nullable Receiver receiver;
  private @Nullable String underWay;
  private boolean waits;
  private int demands;
  private int closes;
  private int closeCode;
  private boolean cut;
  private boolean over;
  private boolean turn;
  private boolean inline;
  private boolean gathers;
  private boolean calling;
  private Runnable during = () -> {};

  public FakeTransport(TransportOwner owner) {
    this.owner = owner;
  }

  /** Opens the connection, as a container does: the first frame is demanded after that. */
  public void open() {
    receiver = owner.opened(this);
    demand();
  }

  /** What happens in the middle of each call. */
  public void during(Runnable step) {
    during = step;
  }

  /** Whether each text is written before the call returns. */
  public void inline(boolean on) {
    inline = on;
  }

  /** Whether texts may wait for the end of a turn. */
  public void turn(boolean on) {
    turn = on;
  }

  /** Whether texts may wait for those behind them. */
  public void gathering(boolean on) {
    gathers = on;
  }

  /** Texts that are copied and not written. */
  public int copied() {
    return copied;
  }

  @Override
  public boolean gathers() {
    return gathers;
  }

  @Override
  public void writer(Writer told) {
    writer = told;
  }

  @Override
  public boolean mayWait() {
    return turn;
  }

  @Override
  public void sendText(String text, boolean mayBeCopied) {
    if (underWay != null) {
      breaches.add("two texts at once: " + underWay + " and " + text);
    }
    if (closes > 0) {
      breaches.add("a text behind the close with " + closeCode + ": " + text);
    }
    if (calling) {
      breaches.add("a text in the middle of the call for another: " + text);
    }
    calling = true;
    underWay = text;
    waits = mayBeCopied;
    during.run();
    if (inline && underWay != null) {
      writeOne();
    }
    calling = false;
  }

  @Override
  public void demand() {
    demands++;
    if (demands > 1) {
      breaches.add("demanded twice");
    }
    during.run();
  }

  @Override
  public void close(int code, String reason) {
    closes++;
    closeCode = code;
    if (closes > 1) {
      breaches.add("closed twice: " + code + " " + reason);
    }
    if (underWay != null
        && !reason.equals("slow_consumer")
        && !reason.equals("heartbeat_timeout")) {
      breaches.add("closed before what was sent: " + underWay);
    }
    during.run();
    flush();
  }

  @Override
  public void disconnect() {
    during.run();
    cut = true;
  }

  @Override
  public void idleTimeout(Duration longest) {
    if (longest.isZero() || longest.isNegative()) {
      breaches.add("idle time-out " + longest);
    }
  }

  /** The text under way is written, or copied in a turn. */
  public void writeOne() {
    String text = underWay;
    if (text == null || writer == null || over) {
      return;
    }
    underWay = null;
    written.add(text);
    if (waits) {
      copied++;
    } else {
      copied = 0;
    }
    writer.written();
  }

  /** The text under way cannot be written. */
  public void breakOne() {
    if (underWay != null && writer != null && !over) {
      writer.failed(new java.io.IOException("broken by the test"));
    }
  }

  /** What was copied is written. */
  @Override
  public void flush() {
    if (copied > 0 && writer != null) {
      copied = 0;
      writer.flushed();
    }
  }

  /** A text message of the client; false when no frame is demanded. */
  public boolean text(String message) {
    return part(message, true);
  }

  /** A part of one. */
  public boolean part(String part, boolean last) {
    if (demands == 0 || receiver == null || over) {
      return false;
    }
    demands--;
    receiver.text(part, last);
    return true;
  }

  /** The client's close frame, or the end without one. */
  public void end(int code, Initiator by) {
    if (!over) {
      over = true;
      owner.closed(code, "", by);
    }
  }

  /** True if a frame of the client would be read now. */
  public boolean isRead() {
    return demands > 0 && !over;
  }

  public boolean isDemanded() {
    return demands > 0;
  }

  /** True while a text is under way. */
  public boolean isWriting() {
    return underWay != null;
  }

  public boolean isCut() {
    return cut;
  }

  public boolean isOver() {
    return over;
  }

  /** The code of the close frame; 0 before it. */
  public int closeCode() {
    return closeCode;
  }

  public int closes() {
    return closes;
  }
}
