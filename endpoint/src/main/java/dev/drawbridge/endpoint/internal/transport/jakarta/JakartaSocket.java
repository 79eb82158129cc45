package dev.drawbridge.endpoint.internal.transport.jakarta;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.transport.CloseFrame;
import dev.drawbridge.endpoint.internal.transport.Receiver;
import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import dev.drawbridge.filters.log.Traces;
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
    implements Transport, SendHandler, VendorSession.Sending, MessageHandler.Partial<String> {
  /** Tomcat's; others ignore it. How long a close with another code than 1000 may block. */
  static final String CLOSE_SEND_TIMEOUT =
      "org.apache.tomcat.websocket.ABNORMAL_SESSION_CLOSE_SEND_TIMEOUT";

  /** The reason of the close when more waits than may. */
  static final String TOO_MUCH = "try_again_later";

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

  private final TransportOwner owner;
  private final VendorSession vendor;
  private final Closer closer;
  private final Inbox inbox;

  /** All that are open, this one among them until its end is seen or it is cut. Thread-safe. */
  private final Set<JakartaSocket> open;

  /** Null until {@link #onOpen}; the owner hands it to other threads after that. */
  private @Nullable Session session;

  /** Null until {@link #onOpen}. */
  private @Nullable Receiver receiver;

  /** Null until {@link #writer}, which comes before the first text. */
  private @Nullable Writer writer;

  /** Null until {@link #onOpen}, and where the container has none. */
  private TomcatFrames.@Nullable Line line;

  /** A text is under way. Guarded by this. */
  private boolean writing;

  /** The close that waits for the text under way; null when none does. Guarded by this. */
  private @Nullable CloseReason waitingClose;

  /** From here on it is this server that ends the connection; what the container tells is known. */
  private volatile boolean closingHere;

  /** A close of the client is under way: what is sent now is lost, as it may be. */
  private volatile boolean leaving;

  /** It is known that no close is under way: a text could not be written, and that is why. */
  private volatile boolean broken;

  /** It is cut, or about to be: a close that has not begun does not begin any more. */
  private volatile boolean cut;

  JakartaSocket(
      TransportOwner owner, VendorSession vendor, Closer closer, Set<JakartaSocket> open) {
    this.owner = owner;
    this.vendor = vendor;
    this.closer = closer;
    this.inbox = new Inbox(new Sides(), closer::read);
    this.open = open;
  }

  @Override
  public void onOpen(Session opened, EndpointConfig config) {
    session = opened;
    open.add(this);
    try {
      opened.getUserProperties().putAll(TIME_OUTS);
      // In parts: a whole message would be bound by the container's buffer, and ours count.
      opened.addMessageHandler(String.class, (MessageHandler.Partial<String>) this);
      // Without one, Tomcat swallows binary messages and Undertow collects them.
      opened.addMessageHandler(ByteBuffer.class, (MessageHandler.Partial<ByteBuffer>) this::binary);
      opened.addMessageHandler(
          PongMessage.class, (MessageHandler.Whole<PongMessage>) pong -> receiver().control());
      line = vendor.line(opened, this);
      receiver = owner.opened(this);
    } catch (RuntimeException | Error e) {
      failed(e);
    }
    if (closer.isStopped()) {
      // The stop may have gone through those that are open before this one was among them.
      cut();
    }
  }

  /** Something above has failed: nobody knows what this connection still is, so it ends. */
  private void failed(Throwable cause) {
    log.error("connection {} has failed", owner.id(), Traces.withoutMessage(cause));
    disconnect();
    tell(CloseCodes.UNEXPECTED_CONDITION.getCode(), "", Initiator.SERVER);
  }

  private void tell(int code, String reason, Initiator by) {
    try {
      owner.closed(code, reason, by);
    } catch (RuntimeException | Error e) {
      log.error("the end of connection {} has failed", owner.id(), Traces.withoutMessage(e));
    }
  }

  @Override
  public void onMessage(String part, boolean last) {
    inbox.take(new Inbox.Part(part, 0, last));
  }

  private void binary(ByteBuffer part, boolean last) {
    inbox.take(new Inbox.Part(null, part.remaining(), last));
  }

  /** What its parts come from and go to. */
  private final class Sides implements Inbox.Socket {
    @Override
    public void give(Inbox.Part part) {
      if (part.text() != null) {
        receiver().text(part.text(), part.last());
      } else {
        receiver().binary(part.bytes(), part.last());
      }
    }

    @Override
    public void closed(CloseReason reason) {
      ended(reason);
    }

    @Override
    public void tooMuch() {
      closingHere = true;
      tell(CloseCodes.TRY_AGAIN_LATER.getCode(), TOO_MUCH, Initiator.SERVER);
      closer.close(
          () -> {
            try {
              session().close(new CloseReason(CloseCodes.TRY_AGAIN_LATER, TOO_MUCH));
            } catch (java.io.IOException | IllegalStateException e) {
              log.debug("connection {} is not closed: {}", owner.id(), e.toString());
            } finally {
              disconnect();
            }
          });
    }

    @Override
    public void failed(Throwable cause) {
      JakartaSocket.this.failed(cause);
    }

    @Override
    public void suspend() {
      vendor.suspend(session());
    }

    @Override
    public boolean resume(boolean waits) {
      return vendor.resume(session(), waits);
    }
  }

  @Override
  public void demand() {
    inbox.demand();
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
    if (VendorSession.isBroken(reason)) {
      broken = true;
      return;
    }
    open.remove(this);
    if (initiator(reason.getCloseCode().getCode()) == Initiator.CLIENT) {
      leaving = true;
      // What it has sent before is handled (RFC 6455 section 1.4).
      vendor.behindMessages(closed, () -> inbox.close(reason));
      // Containers forget what is sent while they answer the close, and tell nobody.
      sent();
    } else {
      inbox.end();
      ended(reason);
    }
  }

  private void ended(CloseReason reason) {
    int code = reason.getCloseCode().getCode();
    String phrase = reason.getReasonPhrase();
    tell(code, phrase == null ? "" : phrase, initiator(code));
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
    if (leaving) {
      writer().written();
      return;
    }
    synchronized (this) {
      writing = true;
    }
    try {
      if (line == null || !line.send(text)) {
        session().getAsyncRemote().sendText(text, this);
      }
    } catch (RuntimeException e) {
      notSent(e);
    } catch (Error e) {
      isUnderWay();
      throw e;
    }
  }

  /** The text under way is written, or cannot be. */
  @Override
  public void onResult(SendResult result) {
    if (result.isOK()) {
      sent();
    } else {
      Throwable cause = result.getException();
      notSent(cause == null ? new IllegalStateException("no text was sent") : cause);
    }
  }

  /** The text under way is written, or lost as it may be. */
  @Override
  public void sent() {
    if (isUnderWay()) {
      writer().written();
    }
  }

  /**
   * The text under way was not written. Either the connection is broken, or a close is under way
   * that the container has still to tell of, and the owner must not take this for the end: what a
   * client has sent before its close is handled.
   */
  @Override
  public void notSent(Throwable cause) {
    if (closingHere || leaving) {
      sent();
    } else {
      closer.cut(() -> breakOff(cause));
    }
  }

  private void breakOff(Throwable cause) {
    if (vendor.breakOff(session())) {
      broken = true;
    }
    if (!broken) {
      leaving = true;
      sent();
    } else if (isUnderWay()) {
      writer().failed(cause);
    }
  }

  /**
   * True for the first who asks behind a text: he tells what became of it. Whoever waits for its
   * end has his turn.
   */
  private boolean isUnderWay() {
    boolean mine;
    boolean close;
    synchronized (this) {
      mine = writing;
      writing = false;
      close = mine && waitingClose != null;
    }
    if (close) {
      closer.close(this::close);
    }
    return mine;
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
      closer.close(this::close);
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
    giveUp();
    closer.cut(this::cut);
  }

  /** A close that has not begun does not begin any more. */
  void giveUp() {
    cut = true;
    closingHere = true;
    inbox.end();
  }

  /** At once; it waits for nobody. */
  void cut() {
    giveUp();
    open.remove(this);
    try {
      vendor.cut(session());
    } catch (RuntimeException | LinkageError e) {
      // It has ended meanwhile. The others are cut nevertheless.
      log.debug("connection {} is not cut: {}", owner.id(), e.toString());
    }
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
