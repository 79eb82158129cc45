package dev.drawbridge.doctor.wire;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A socket, plain or of TLS, whose reads and writes end with a deadline, whatever the other side
 * does. Not thread-safe.
 */
public final class Line implements Closeable {
  private static final int BUFFER = 16_384;

  /** How much later than the reads a write is cut that the other side does not take. */
  private static final long GRACE_MILLIS = 250;

  private static final ScheduledThreadPoolExecutor CUTTER = cutter();

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] buffer = new byte[BUFFER];
  private int from;
  private int to;
  private Deadline deadline;
  private @Nullable ScheduledFuture<?> cut;
  private volatile boolean late;

  Line(Socket socket, Deadline deadline) throws IOException {
    this.socket = socket;
    this.deadline = deadline;
    until(deadline);
    in = socket.getInputStream();
    out = socket.getOutputStream();
  }

  private static ScheduledThreadPoolExecutor cutter() {
    ScheduledThreadPoolExecutor made =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "drawbridge-doctor-cutter");
              thread.setDaemon(true);
              return thread;
            });
    made.setRemoveOnCancelPolicy(true);
    return made;
  }

  /** Sets the deadline of what follows. */
  public final void until(Deadline next) {
    deadline = next;
    if (cut != null) {
      cut.cancel(false);
    }
    cut = CUTTER.schedule(this::abort, next.left() + GRACE_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void abort() {
    late = true;
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed then.
    }
  }

  void write(byte[] bytes) throws IOException {
    try {
      out.write(bytes);
      out.flush();
    } catch (IOException e) {
      throw late ? new SocketTimeoutException("write") : e;
    }
  }

  void write(String text) throws IOException {
    write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /**
   * @return the next byte, or -1 at the end
   * @throws SocketTimeoutException at the deadline
   */
  int next() throws IOException {
    if (from == to && !fill()) {
      return -1;
    }
    return buffer[from++] & 0xFF;
  }

  /** What has come and was not read yet, in Latin-1. */
  String buffered() {
    return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /**
   * @throws EOFException where less comes
   */
  byte[] exactly(int count) throws IOException {
    byte[] bytes = new byte[count];
    int have = 0;
    while (have < count) {
      if (from == to && !fill()) {
        throw new EOFException("after " + have + " of " + count + " bytes");
      }
      int part = Math.min(count - have, to - from);
      System.arraycopy(buffer, from, bytes, have, part);
      from += part;
      have += part;
    }
    return bytes;
  }

  private boolean fill() throws IOException {
    if (deadline.passed()) {
      throw new SocketTimeoutException("read");
    }
    socket.setSoTimeout(deadline.left());
    try {
      int count = in.read(buffer);
      from = 0;
      to = Math.max(0, count);
      return count > 0;
    } catch (IOException e) {
      throw late ? new SocketTimeoutException("read") : e;
    }
  }

  @Override
  public void close() {
    if (cut != null) {
      cut.cancel(false);
    }
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed then.
    }
  }
}
