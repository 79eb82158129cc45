package dev.drawbridge.endpoint.internal.transport.jakarta;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.transport.CloseFrame;
import dev.drawbridge.endpoint.internal.transport.Receiver;
import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import jakarta.websocket.CloseReason;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.PongMessage;
import jakarta.websocket.SendHandler;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One WebSocket of a container with the Jakarta API: what the container calls, the transport above
 * it, and who is told of the end of a write, all in one object.
 *
 * <p>The container gives frames by itself, where ours demand them: when a frame was taken and no
 * other demanded, the container stops reading until one is.
 */
final class JakartaSocket extends Endpoint
    implements Transport, SendHandler, MessageHandler.Partial<String> {
  /** Tomcat's; others ignore it. How long a close with another code than 1000 may block. */
  static final String CLOSE_SEND_TIMEOUT =
      "org.apache.tomcat.websocket.ABNORMAL_SESSION_CLOSE_SEND_TIMEOUT";

  private static final Logger log = LoggerFactory.getLogger(JakartaSocket.class);

  /** How long one of the container's own writes may block, in milliseconds: closes and pongs. */
  private static final long BLOCK_MS = 2_000;

  /** Of Tomcat, whose own are 50 ms, 20 s and 30 s; others ignore them. */
  private static final Map<String, Long> TIME_OUTS =
      Map.of(
          CLOSE_SEND_TIMEOUT,
          BLOCK_MS,
          "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT",
          BLOCK_MS,
          "org.apache.tomcat.websocket.SESSION_CLOSE_TIMEOUT",
          BLOCK_MS);

  /**
   * Who reads.
   *
   * <pre>
   *           a frame            demand          returned
   *   FREE -----------> CALLED --------> DEMANDED --------> FREE
   *                       | returned                         ^
   *                       v                 demand           |
   *                     PAUSED ------------------------------+
   * </pre>
   */
  private enum Reading {
    /** The container gives the next frame when it comes. */
    FREE,
    /** A frame is being taken, and no other is demanded. */
    CALLED,
    /** A frame is being taken, and the next one is demanded. */
    DEMANDED,
    /** The container does not read. */
    PAUSED
  }

  /** A part that came when nothing was to come; null text is of a binary message. */
  private record Part(@Nullable String text, int bytes, boolean last) {}

  private final TransportOwner owner;
  private final VendorSession vendor;
  private final Closer closer;

  /** All that are open, this one among them until its end is seen. Thread-safe. */
  private final Set<JakartaSocket> open;

  /** Null until {@link #onOpen}; the owner hands it to other threads after that. */
  private @Nullable Session session;

  /** Null until {@link #onOpen}. */
  private @Nullable Receiver receiver;

  /** Null until {@link #writer}, which comes before the first text. */
  private @Nullable Writer writer;

  /** Guarded by this. */
  private Reading reading = Reading.FREE;

  /** Null unless the container gave frames that it had read before it stopped. Guarded by this. */
  private @Nullable ArrayDeque<Part> late;

  /** A text is under way. Guarded by this. */
  private boolean writing;

  /** The close that waits for the text under way; null when none does. Guarded by this. */
  private @Nullable CloseReason waitingClose;

  /** From here on it is this server that ends the connection; what the container tells is known. */
  private volatile boolean closingHere;

  /** It is cut, or about to be: a close that has not begun does not begin any more. */
  private volatile boolean cut;

  JakartaSocket(
      TransportOwner owner, VendorSession vendor, Closer closer, Set<JakartaSocket> open) {
    this.owner = owner;
    this.vendor = vendor;
    this.closer = closer;
    this.open = open;
  }

  @Override
  public void onOpen(Session opened, EndpointConfig config) {
    session = opened;
    open.add(this);
    opened.getUserProperties().putAll(TIME_OUTS);
    // In parts: a whole message would be bound by the container's buffer, and ours count.
    opened.addMessageHandler(String.class, (MessageHandler.Partial<String>) this);
    // Without one, Tomcat swallows binary messages and Undertow collects them.
    opened.addMessageHandler(ByteBuffer.class, (MessageHandler.Partial<ByteBuffer>) this::binary);
    opened.addMessageHandler(
        PongMessage.class, (MessageHandler.Whole<PongMessage>) pong -> receiver().control());
    receiver = owner.opened(this);
  }

  @Override
  public void onMessage(String part, boolean last) {
    take(new Part(part, 0, last));
  }

  private void binary(ByteBuffer part, boolean last) {
    take(new Part(null, part.remaining(), last));
  }

  /** A part from the container. */
  private void take(Part part) {
    synchronized (this) {
      if (late != null || reading != Reading.FREE) {
        if (late == null) {
          late = new ArrayDeque<>(4);
        }
        late.add(part);
        return;
      }
      reading = Reading.CALLED;
    }
    give(part);
    if (takeDemand()) {
      return;
    }
    vendor.suspend(session());
    boolean meanwhile;
    synchronized (this) {
      meanwhile = reading == Reading.DEMANDED;
      reading = meanwhile ? Reading.FREE : Reading.PAUSED;
    }
    if (meanwhile) {
      goOn();
    }
  }

  /** True if the next part is demanded already. */
  private synchronized boolean takeDemand() {
    if (reading == Reading.DEMANDED) {
      reading = Reading.FREE;
      return true;
    }
    return false;
  }

  private void give(Part part) {
    if (part.text != null) {
      receiver().text(part.text, part.last);
    } else {
      receiver().binary(part.bytes, part.last);
    }
  }

  @Override
  public void demand() {
    boolean hasLate;
    synchronized (this) {
      if (reading == Reading.CALLED) {
        reading = Reading.DEMANDED;
      }
      if (reading != Reading.PAUSED) {
        return;
      }
      reading = Reading.FREE;
      hasLate = late != null;
    }
    if (hasLate) {
      // Not here: whoever has made room does not read.
      closer.execute(this::takeLate);
    } else {
      goOn();
    }
  }

  /** Takes what came too early, in its order; the container is not read meanwhile. */
  private void takeLate() {
    while (true) {
      Part part;
      synchronized (this) {
        part = late == null ? null : late.poll();
        if (part == null) {
          late = null;
          break;
        }
        reading = Reading.CALLED;
      }
      give(part);
      synchronized (this) {
        if (reading != Reading.DEMANDED) {
          reading = Reading.PAUSED;
          return;
        }
        reading = Reading.FREE;
      }
    }
    goOn();
  }

  private void goOn() {
    try {
      vendor.resume(session());
    } catch (IllegalStateException e) {
      // It has ended meanwhile.
      log.debug("connection {} is not read on: {}", owner.id(), e.toString());
    }
  }

  @Override
  public void onError(Session failed, Throwable cause) {
    // The end of the network is one, too.
    log.debug("connection {}: {}", owner.id(), cause.toString());
  }

  /** Also called inside of our own close, before the other side has answered it. */
  @Override
  public void onClose(Session closed, CloseReason reason) {
    if (closingHere) {
      return;
    }
    open.remove(this);
    int code = reason.getCloseCode().getCode();
    String phrase = reason.getReasonPhrase();
    owner.closed(code, phrase == null ? "" : phrase, initiator(code));
  }

  /**
   * Containers tell of their own closes as of the client's. These two mean that the other side
   * breaks the protocol, and only servers have reason to send them.
   */
  private static Initiator initiator(int code) {
    if (code == CloseFrame.ABNORMAL) {
      return Initiator.NETWORK;
    }
    return code == CloseCodes.PROTOCOL_ERROR.getCode()
            || code == CloseCodes.NOT_CONSISTENT.getCode()
        ? Initiator.SERVER
        : Initiator.CLIENT;
  }

  private Session session() {
    return Objects.requireNonNull(session, "not open yet");
  }

  private Receiver receiver() {
    return Objects.requireNonNull(receiver, "not open yet");
  }

  private Writer writer() {
    return Objects.requireNonNull(writer, "nobody writes yet");
  }

  @Override
  public void writer(Writer told) {
    writer = told;
  }

  @Override
  public boolean mayWait() {
    return false;
  }

  @Override
  public void sendText(String text, boolean waits) {
    synchronized (this) {
      writing = true;
    }
    session().getAsyncRemote().sendText(text, this);
  }

  /** The text under way is written, or cannot be. */
  @Override
  public void onResult(SendResult result) {
    boolean close;
    synchronized (this) {
      writing = false;
      close = waitingClose != null;
    }
    if (close) {
      closer.execute(this::close);
    }
    if (result.isOK()) {
      writer().written();
    } else {
      Throwable cause = result.getException();
      writer().failed(cause == null ? new IllegalStateException("no text was sent") : cause);
    }
  }

  /** Behind the text under way: Tomcat would block for as long as that one takes. */
  @Override
  public void close(int code, String reason) {
    boolean waits;
    synchronized (this) {
      if (waitingClose != null) {
        return;
      }
      waitingClose = new CloseReason(CloseCodes.getCloseCode(code), reason);
      waits = writing;
    }
    if (!waits) {
      closer.execute(this::close);
    }
  }

  private void close() {
    CloseReason reason;
    synchronized (this) {
      reason = waitingClose;
    }
    if (reason == null || cut) {
      return;
    }
    closingHere = true;
    try {
      session().close(reason);
    } catch (java.io.IOException | IllegalStateException e) {
      log.debug("connection {} is not closed: {}", owner.id(), e.toString());
    } finally {
      writer().flushed();
    }
  }

  @Override
  public void disconnect() {
    cut = true;
    closer.execute(this::cut);
  }

  /** At once; it waits for nobody. */
  void cut() {
    cut = true;
    closingHere = true;
    open.remove(this);
    vendor.cut(session());
  }

  @Override
  public boolean isAnswered() {
    return vendor.isAnswered(session());
  }

  @Override
  public void idleTimeout(Duration longest) {
    try {
      session().setMaxIdleTimeout(longest.toMillis());
    } catch (IllegalStateException e) {
      // It has ended meanwhile.
      log.debug("connection {} keeps its idle time-out: {}", owner.id(), e.toString());
    }
  }
}
