package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.ConnectionClose;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.HandshakeFacts;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.connection.Phase.State;
import dev.drawbridge.endpoint.internal.receive.MessageAssembler;
import dev.drawbridge.endpoint.internal.receive.MessageDispatcher;
import dev.drawbridge.endpoint.internal.receive.ReceiveServices;
import dev.drawbridge.endpoint.internal.receive.ReceivingConnection;
import dev.drawbridge.endpoint.internal.receive.TokenRenewal;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.send.FrameLog;
import dev.drawbridge.endpoint.internal.send.FrameTally;
import dev.drawbridge.endpoint.internal.send.Receipt;
import dev.drawbridge.endpoint.internal.send.SendQueue;
import dev.drawbridge.endpoint.internal.transport.CloseFrame;
import dev.drawbridge.endpoint.internal.transport.Receiver;
import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.jwt.Handshake;
import dev.drawbridge.filters.jwt.token.TokenSignature;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one connection behind its public face: opening, sending, closing, and the one cleanup
 * whatever ends it. Thread-safe.
 */
public final class ServerConnection
    implements TransportOwner, ReceivingConnection, SendQueue.Listener {
  private static final Logger log = LoggerFactory.getLogger(ServerConnection.class);

  /** How long a client may take to answer a close. */
  public static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** How long the container may take from the upgrade to the open connection. */
  static final long OPEN_NANOS = TimeUnit.SECONDS.toNanos(30);

  // Updaters and no object for each of the fields: there are many connections.
  private static final AtomicReferenceFieldUpdater<ServerConnection, Phase> PHASE =
      AtomicReferenceFieldUpdater.newUpdater(ServerConnection.class, Phase.class, "phase");

  private static final AtomicReferenceFieldUpdater<ServerConnection, Credential> CREDENTIAL =
      AtomicReferenceFieldUpdater.newUpdater(
          ServerConnection.class, Credential.class, "credential");

  private static final AtomicReferenceFieldUpdater<ServerConnection, @Nullable ChannelSubscriber>
      SUBSCRIBER =
          AtomicReferenceFieldUpdater.newUpdater(
              ServerConnection.class, ChannelSubscriber.class, "subscriber");

  private final EndpointServices endpoint;
  private final String id;
  private final Connection connection;
  private final Place place;
  private final @Nullable Attempt attempt;
  private final @Nullable String origin;
  private final long createdNanos = System.nanoTime();
  private final Instant openedAt;

  /** Changed by {@link #PHASE} alone. */
  private volatile Phase phase = new Phase(State.OPENING, createdNanos, null);

  /** Null in production. */
  private final @Nullable FrameLog frameLog;

  /** Changed by {@link #CREDENTIAL} alone. */
  private volatile Credential credential;

  /** Null until the container has opened the connection; then it does not change. */
  private volatile @Nullable Transport transport;

  /** Who watches it, with the ways in and out. Null as above. */
  private volatile @Nullable ConnectionMonitor monitor;

  /** Null until it asks for a channel. Changed by {@link #SUBSCRIBER} alone. */
  private volatile @Nullable ChannelSubscriber subscriber;

  /** Null until the first newer token. Reading thread only. */
  private @Nullable Reauthentication renewal;

  /** Of a handshake whose token somebody else has verified. */
  public ServerConnection(
      EndpointServices endpoint,
      Handshake handshake,
      HandshakeFacts facts,
      Place place,
      @Nullable Attempt attempt) {
    this(endpoint, handshake, null, facts, place, attempt);
  }

  /**
   * Before the upgrade.
   *
   * @param signature with which key the token of the handshake was signed
   */
  public ServerConnection(
      EndpointServices endpoint,
      Handshake handshake,
      @Nullable TokenSignature signature,
      HandshakeFacts facts,
      Place place,
      @Nullable Attempt attempt) {
    this.endpoint = endpoint;
    this.id = place.connectionId();
    this.connection = new ConnectionHandle(this, facts);
    this.place = place;
    this.attempt = attempt;
    String from = handshake.origin();
    this.origin = from == null ? null : endpoint.texts().shared(from);
    this.openedAt = endpoint.clock().instant();
    this.credential = Credential.of(handshake, signature, openedAt);
    FrameTally tally = endpoint.frameTally();
    this.frameLog = tally == null ? null : new FrameLog(endpoint.clock(), tally);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Connection connection() {
    return connection;
  }

  /** The last frames; null in production. */
  @Override
  public @Nullable FrameLog frameLog() {
    return frameLog;
  }

  /** The handshake that it came of, null when it was not recorded. */
  public @Nullable Attempt attempt() {
    return attempt;
  }

  /** The endpoint that it belongs to. */
  EndpointServices endpoint() {
    return endpoint;
  }

  @Nullable SendQueue outgoing() {
    ConnectionMonitor checks = monitor;
    return checks == null ? null : checks.outgoing();
  }

  private @Nullable MessageDispatcher incoming() {
    ConnectionMonitor checks = monitor;
    return checks == null ? null : checks.incoming();
  }

  /** Who watches it; null before it is open. */
  public @Nullable ConnectionMonitor monitor() {
    return monitor;
  }

  public Credential credential() {
    return credential;
  }

  /**
   * Changes it as it is at this moment: a new token and a new look at the user may come at once.
   */
  public void credential(UnaryOperator<Credential> change) {
    Credential before;
    Credential after;
    do {
      before = credential;
      after = change.apply(before);
    } while (!CREDENTIAL.compareAndSet(this, before, after));
    rolesFrom(before, after);
  }

  /** What it is subscribed to was allowed to the user as it was. */
  private void rolesFrom(Credential before, Credential after) {
    ChannelSubscriber asking = subscriber;
    if (asking != null && !before.user().roles().equals(after.user().roles())) {
      endpoint.channels().rolesChanged(asking);
    }
  }

  /** Takes a newer one; false when it expires no later than the present one. */
  public boolean renew(Credential fresh) {
    Credential before =
        CREDENTIAL.getAndUpdate(this, present -> fresh.isNewerThan(present) ? fresh : present);
    boolean taken = fresh.isNewerThan(before);
    if (taken) {
      rolesFrom(before, fresh);
    }
    return taken;
  }

  public String subject() {
    return credential().user().subject();
  }

  @Override
  public Subscriber subscriber() {
    ChannelSubscriber present = subscriber;
    if (present == null) {
      present = new ChannelSubscriber(this);
      // Handlers of a connection come one at a time, unless one was given up.
      if (!SUBSCRIBER.compareAndSet(this, null, present)) {
        present = Objects.requireNonNull(subscriber);
      }
    }
    return present;
  }

  /** The same if it is subscribed to something, else null. */
  public @Nullable Subscriber subscribed() {
    ChannelSubscriber present = subscriber;
    return present == null || present.held() == null ? null : present;
  }

  /** What became of its last resume; null before the first, and in production. */
  public @Nullable LastResume lastResume() {
    ChannelSubscriber present = subscriber;
    return present == null ? null : present.lastResume();
  }

  public @Nullable String origin() {
    return origin;
  }

  public String address() {
    return place.address();
  }

  /** When its handshake came, before the user was looked up, by {@link System#nanoTime}. */
  public long arrivedNanos() {
    return attempt == null ? createdNanos : attempt.startedNanos();
  }

  /** What it was admitted to. */
  public Place place() {
    return place;
  }

  public Instant openedAt() {
    return openedAt;
  }

  private State state() {
    return phase.state();
  }

  /** False if it is not in the first state any more. */
  private boolean pass(State from, State to, @Nullable ConnectionClose ending) {
    Phase next = new Phase(to, endpoint.nanoTime(), ending);
    while (true) {
      Phase present = phase;
      if (present.state() != from) {
        return false;
      }
      if (PHASE.compareAndSet(this, present, next)) {
        return true;
      }
    }
  }

  @Override
  public boolean isOpen() {
    return state() == State.OPEN;
  }

  public boolean isEnded() {
    return state() == State.ENDED;
  }

  /** True while a close of this server awaits its answer. */
  boolean isClosing() {
    return state() == State.CLOSING;
  }

  /** True while a message is being handled or a frame is being written. */
  public boolean isBusy() {
    return isHandling() || pending() > 0;
  }

  /** True while a message is being handled. */
  public boolean isHandling() {
    MessageDispatcher messages = incoming();
    return messages != null && messages.isBusy();
  }

  /** Frames that wait to be written or are being written. */
  public int pending() {
    SendQueue writer = outgoing();
    return writer == null ? 0 : writer.pending();
  }

  /** Messages that wait for their handlers. */
  public int waiting() {
    MessageDispatcher messages = incoming();
    return messages == null ? 0 : messages.waiting();
  }

  /** The container has opened the connection: welcome it before all that others send to it. */
  @Override
  public Receiver opened(Transport opened) {
    // Asked once: what the welcome says is what holds, whatever is reloaded meanwhile.
    ReceiveServices receiving = endpoint.receiving();
    opened.idleTimeout(receiving.limits().idleTimeout());
    long now = System.nanoTime();
    Credential known = credential();
    SendQueue writer =
        new SendQueue(
            opened,
            receiving.limits(),
            this,
            endpoint
                .frames()
                .welcome(
                    receiving.config(),
                    id,
                    known.user(),
                    known.expiresAt(),
                    openedAt,
                    endpoint.channels().position()),
            frameLog);
    Heartbeat heartbeat = new Heartbeat(receiving.config(), endpoint.heartbeat(), now);
    MessageDispatcher messages = new MessageDispatcher(this, receiving, opened, heartbeat);
    MessageAssembler parts = new MessageAssembler(this, receiving, opened, messages);
    ConnectionMonitor checks = new ConnectionMonitor(this, heartbeat, writer, parts, messages);
    transport = opened;
    monitor = checks;
    if (!pass(State.OPENING, State.OPEN, null)) {
      writer.ended("the connection is over");
      opened.disconnect();
      return parts;
    }
    passed(Attempt.Stage.UPGRADED);
    // In the index before the welcome is out: who has seen a welcome can be sent to.
    endpoint.registry().opened(this);
    if (endpoint.isStopped()) {
      // The stop has gone through the indexes before this one was in them.
      abort("the endpoint stops");
    }
    if (isEnded()) {
      // It ended between the two, when it was in no index yet, and perhaps without a transport.
      endpoint.registry().ended(this);
      opened.disconnect();
      begin(messages);
      return parts;
    }
    // Before it is out: who has seen the welcome may ask at once what became of the attempt.
    passed(Attempt.Stage.WELCOME);
    writer.start();
    try {
      // After the registration: an invalidate before it was not told to this connection.
      checks.recheckUser(now);
    } catch (IllegalStateException e) {
      // The web application stopped meanwhile, and its users with it.
      close(CloseCode.GOING_AWAY, "the server stops");
    }
    endpoint.registry().welcomed(this);
    begin(messages);
    log.debug("connection {} of attempt {} is open", id, attempt == null ? "-" : attempt.id());
    return parts;
  }

  /** What comes before the first message; watched also when the end was before it. */
  private void begin(MessageDispatcher messages) {
    messages.opened();
    if (isEnded()) {
      watchAfterEnd(messages);
    }
  }

  /** A handler that hangs is found even if the client is gone. */
  private void watchAfterEnd(MessageDispatcher messages) {
    if (messages.isBusy()) {
      endpoint.registry().leaving(this);
    }
  }

  /** Sends a text after what was sent before. */
  public void send(EncodedMessage text, @Nullable Receipt receipt) {
    SendQueue writer = outgoing();
    if (writer != null) {
      writer.send(text, false, receipt);
    } else if (receipt != null) {
      receipt.failed("the connection is not open yet");
    }
  }

  @Override
  public void answer(EncodedMessage answer) {
    send(answer, null);
  }

  @Override
  public void answer(EncodedMessage answer, boolean more) {
    SendQueue writer = outgoing();
    if (writer != null) {
      writer.answer(answer, more);
    }
  }

  @Override
  public void flush() {
    SendQueue writer = outgoing();
    if (writer != null) {
      writer.flush();
    }
  }

  @Override
  public void answerFirst(EncodedMessage answer) {
    SendQueue writer = outgoing();
    if (writer != null) {
      writer.send(answer, true, null);
    }
  }

  /** Takes newer tokens. Reading thread only. */
  @Override
  public TokenRenewal renewal() {
    if (renewal == null) {
      renewal = new Reauthentication(this, endpoint);
    }
    return renewal;
  }

  /** Closes after what was sent before; only the first close counts. */
  @Override
  public void close(CloseCode code, String reason) {
    close(code, reason, false);
  }

  /** Closes; {@code now} drops what waits to be written. */
  public void close(CloseCode code, String reason, boolean now) {
    close(code, reason, now, null);
  }

  @Override
  public void closeOver(CloseCode code, String reason, String limit) {
    close(code, reason, false, limit);
  }

  private void close(CloseCode code, String reason, boolean now, @Nullable String detail) {
    if (!pass(State.OPEN, State.CLOSING, ending(code.code(), reason, Initiator.SERVER))) {
      return;
    }
    over(code.code(), reason, Initiator.SERVER, detail);
    MessageDispatcher messages = incoming();
    if (messages != null) {
      messages.closing();
    }
    SendQueue writer = outgoing();
    if (writer != null) {
      writer.close(code.code(), reason, now);
    }
    log.debug("connection {} closes with {} {}", id, code.code(), reason);
  }

  /** The container says that it is closed, whoever began it. */
  @Override
  public void closed(int code, String reason, Initiator by) {
    ended(code, "closed_" + code, reason, by);
  }

  /** The connection is over by our own doing. */
  public void ended(String why) {
    ended(CloseFrame.ABNORMAL, why, why, Initiator.SERVER);
  }

  /** How it ended; null while it is open. */
  @Override
  public @Nullable ConnectionClose ending() {
    return phase.ending();
  }

  /**
   * The connection is over, whoever ended it. Only the first call counts.
   *
   * @param why for the log
   * @param reason for the application
   */
  private void ended(int code, String why, String reason, Initiator by) {
    ConnectionClose how = ending(code, reason, by);
    long now = endpoint.nanoTime();
    State before = PHASE.getAndUpdate(this, present -> present.ended(now, how)).state();
    if (before == State.ENDED) {
      return;
    }
    endpoint.registry().ended(this);
    ChannelSubscriber asking = subscriber;
    if (asking != null) {
      endpoint.channels().left(asking);
    }
    place.release();
    SendQueue writer = outgoing();
    if (writer != null) {
      writer.ended(why);
    }
    MessageDispatcher messages = incoming();
    if (messages != null) {
      messages.ended(before == State.OPEN && by == Initiator.CLIENT);
      watchAfterEnd(messages);
    }
    if (before == State.OPEN) {
      over(code, why, by, null);
    }
    log.debug("connection {} ended: {}", id, why);
  }

  /** Ends it without a close frame, by our own doing. */
  public void abort(String why) {
    abort(why, Initiator.SERVER);
  }

  private void abort(String why, Initiator by) {
    Transport opened = transport;
    ended(CloseFrame.ABNORMAL, why, why, by);
    if (opened != null) {
      opened.disconnect();
    }
  }

  /** Called by the timer. */
  public void tick(long nowNanos, Instant now) {
    Phase present = phase;
    switch (present.state()) {
      case OPENING -> {
        if (nowNanos - present.sinceNanos() > OPEN_NANOS) {
          abort("the upgrade was never finished");
        }
      }
      case OPEN -> {
        ConnectionMonitor checks = monitor;
        if (checks != null) {
          checks.tick(nowNanos, now);
        }
      }
      case CLOSING -> {
        Transport closing = transport;
        if (closing != null && closing.isAnswered()) {
          abort("the client has answered the close");
        } else if (nowNanos - present.sinceNanos() > CLOSE_NANOS) {
          abort("the client did not answer the close");
        }
      }
      case ENDED -> endpoint.registry().ended(this);
    }
  }

  /** Called by the timer after the end, for as long as a handler runs that is not late yet. */
  public void tickAfterEnd(long nowNanos) {
    MessageDispatcher messages = incoming();
    if (messages == null || messages.checkTimeout(nowNanos)) {
      endpoint.registry().left(this);
    }
  }

  /** The state as it is now begins at this time, whichever it is. */
  private void restart(long nowNanos) {
    PHASE.updateAndGet(this, present -> present.restarted(nowNanos));
  }

  /** Lets the container end it after so much silence, whatever it has set meanwhile. */
  void keepIdleTimeout() {
    Transport opened = transport;
    if (opened != null) {
      opened.idleTimeout(endpoint.limits().idleTimeout());
    }
  }

  /** The process stood still: silence until now was not the client's. */
  public void forgive(long nowNanos) {
    endpoint.limits().stoodStill(nowNanos);
    restart(nowNanos);
    ConnectionMonitor checks = monitor;
    if (checks != null) {
      checks.forgive(nowNanos);
    }
  }

  /** Looks at the user again, now. */
  public void recheckUser() {
    ConnectionMonitor checks = monitor;
    if (checks != null && isOpen()) {
      checks.recheckUser(System.nanoTime());
    }
  }

  @Override
  public void tooSlow(String why) {
    log.debug("connection {} is too slow: {}", id, why);
    close(CloseCode.SLOW_CONSUMER, "slow_consumer", true, why);
  }

  @Override
  public void broken(Throwable cause) {
    log.debug("connection {} is broken: {}", id, cause.toString());
    abort("writing failed", Initiator.NETWORK);
  }

  @Override
  public void closeSent() {
    // The client has its time to answer from here.
    restart(endpoint.nanoTime());
  }

  private void passed(Attempt.Stage stage) {
    if (attempt != null) {
      attempt.passed(stage);
    }
  }

  private ConnectionClose ending(int code, String reason, Initiator by) {
    Duration age = Duration.ofNanos(System.nanoTime() - createdNanos);
    return new ConnectionClose(code, reason, by, age);
  }

  /** Called once for each connection that was open. */
  private void over(int code, String why, Initiator by, @Nullable String detail) {
    long now = System.nanoTime();
    ConnectionMonitor watching = monitor;
    CloseReport.tell(
        endpoint,
        this,
        attempt,
        new CloseReport.Close(code, why, by, detail),
        Duration.ofNanos(now - createdNanos),
        Duration.ofNanos(watching == null ? 0 : watching.quietNanos(now)));
  }

  @Override
  public String toString() {
    return "ServerConnection[" + id + ", " + state() + "]";
  }
}
