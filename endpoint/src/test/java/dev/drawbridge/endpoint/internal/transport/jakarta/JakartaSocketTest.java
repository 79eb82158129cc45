package dev.drawbridge.endpoint.internal.transport.jakarta;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.transport.Receiver;
import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import jakarta.websocket.CloseReason;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One WebSocket between a container and an owner whose steps the test decides. */
@Timeout(30)
class JakartaSocketTest {
  private final Set<JakartaSocket> open = ConcurrentHashMap.newKeySet();
  private final Closer closer = new Closer();
  private final Vendor vendor = new Vendor();
  private final Owner owner = new Owner();
  private final JakartaSocket socket = new JakartaSocket(owner, vendor, closer, open);

  /** What becomes of a text that is sent. */
  private Runnable send = () -> {};

  @AfterEach
  void stop() {
    closer.stop(open);
  }

  /** What the container was told, in order. */
  private static class Vendor extends VendorSession {
    final List<String> told = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch cut = new CountDownLatch(1);
    Runnable resuming = () -> {};
    final CountDownLatch suspends = new CountDownLatch(2);
    final CountDownLatch brokenOff = new CountDownLatch(1);

    /** What it does to a connection to which a text could not be written. */
    java.util.function.BooleanSupplier breaks = () -> true;

    /** A thread of the container reads at this moment. */
    volatile boolean reading;

    @Override
    void suspend(Session session) {
      told.add("suspend");
      suspends.countDown();
    }

    @Override
    boolean resume(Session session, boolean waits) {
      if (reading && !waits) {
        told.add("not yet");
        return false;
      }
      Runnable step = resuming;
      resuming = () -> {};
      step.run();
      told.add("resume");
      return true;
    }

    @Override
    boolean breakOff(Session session) {
      try {
        return breaks.getAsBoolean();
      } finally {
        brokenOff.countDown();
      }
    }

    @Override
    void cut(Session session) {
      cut.countDown();
    }

    @Override
    boolean isAnswered(Session session) {
      return false;
    }
  }

  /** What the owner was told, in order. */
  private static final class Owner implements TransportOwner, Receiver {
    final List<String> told = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch ended = new CountDownLatch(1);

    /** Whether it was told what became of a text. */
    CountDownLatch texts = new CountDownLatch(1);

    boolean demands = true;
    RuntimeException failure;
    RuntimeException openFailure;
    private @Nullable Transport transport;

    @Override
    public String id() {
      return "c1";
    }

    @Override
    public Receiver opened(Transport opened) {
      if (openFailure != null) {
        throw openFailure;
      }
      transport = opened;
      opened.writer(
          new Transport.Writer() {
            @Override
            public void written() {
              told.add("written");
              texts.countDown();
            }

            @Override
            public void failed(Throwable cause) {
              told.add("failed");
              texts.countDown();
            }

            @Override
            public void flushed() {
              told.add("flushed");
              ended.countDown();
            }
          });
      return this;
    }

    @Override
    public void closed(int code, String reason, Initiator by) {
      told.add(code + " " + by.word());
      ended.countDown();
    }

    @Override
    public void text(String part, boolean last) {
      if (failure != null) {
        throw failure;
      }
      told.add(part.length() > 10 ? "long" : part);
      if (demands) {
        transport.demand();
      }
    }

    @Override
    public void binary(int bytes, boolean last) {
      told.add(bytes + " bytes");
      transport.demand();
    }

    @Override
    public void control() {
      told.add("control");
    }
  }

  private static Object proxy(Class<?> type, java.lang.reflect.InvocationHandler calls) {
    return Proxy.newProxyInstance(
        JakartaSocketTest.class.getClassLoader(), new Class<?>[] {type}, calls);
  }

  private void open() {
    RemoteEndpoint.Async remote =
        (RemoteEndpoint.Async)
            proxy(
                RemoteEndpoint.Async.class,
                (self, method, arguments) -> {
                  send.run();
                  return null;
                });
    HashMap<String, Object> properties = new HashMap<>();
    Session session =
        (Session)
            proxy(
                Session.class,
                (self, method, arguments) ->
                    switch (method.getName()) {
                      case "getUserProperties" -> properties;
                      case "getAsyncRemote" -> remote;
                      case "close" -> {
                        vendor.told.add("close " + ((CloseReason) arguments[0]).getCloseCode());
                        yield null;
                      }
                      default -> null;
                    });
    socket.onOpen(session, null);
  }

  private static CloseReason reason(CloseCodes code) {
    return new CloseReason(code, "");
  }

  private void awaitEnd() throws InterruptedException {
    assertThat(owner.ended.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void onePartIsGivenForEachDemandAndTheContainerStopsBetween() {
    open();
    owner.demands = false;

    socket.onMessage("a", true);
    assertThat(vendor.told).containsExactly("suspend");
    socket.demand();
    socket.onMessage("b", true);

    assertThat(owner.told).containsExactly("a", "b");
    assertThat(vendor.told).containsExactly("suspend", "resume", "suspend");
  }

  @Test
  void closeOfTheClientComesBehindAllThatItHasSent() throws Exception {
    open();
    owner.demands = false;
    socket.onMessage("a", true);
    socket.onMessage("b", true);
    socket.onMessage("c", true);

    socket.onClose(null, reason(CloseCodes.NORMAL_CLOSURE));
    awaitEnd();

    assertThat(owner.told).containsExactly("a", "b", "c", "1000 client");
  }

  @Test
  void endOfTheNetworkWaitsForNothing() {
    open();
    owner.demands = false;
    socket.onMessage("a", true);
    socket.onMessage("b", true);

    socket.onClose(null, reason(CloseCodes.CLOSED_ABNORMALLY));
    socket.demand();

    assertThat(owner.told).containsExactly("a", "1006 network");
  }

  /** The container must not read on after a part that came while it was told to. */
  @Test
  void partInTheMiddleOfAResumeLeavesTheContainerSuspended() {
    open();
    owner.demands = false;
    socket.onMessage("a", true);
    vendor.resuming = () -> socket.onMessage("b", true);

    socket.demand();

    assertThat(owner.told).containsExactly("a", "b");
    assertThat(vendor.told).containsExactly("suspend", "resume", "suspend");
  }

  @Test
  void moreThanMayWaitEndsTheConnection() throws Exception {
    open();
    owner.demands = false;
    String part = "x".repeat(Inbox.MAX_LATE / 4);

    for (int i = 0; i < 6; i++) {
      socket.onMessage(part, true);
    }
    awaitEnd();
    assertThat(vendor.cut.await(10, TimeUnit.SECONDS)).isTrue();
    socket.demand();

    assertThat(owner.told).containsExactly("long", "1013 server");
    assertThat(vendor.told).contains("close TRY_AGAIN_LATER");
    assertThat(open).isEmpty();
  }

  @Test
  void failureOfTheReceiverEndsTheConnection() throws Exception {
    open();
    owner.failure = new IllegalStateException("of the test");

    socket.onMessage("a", true);

    assertThat(vendor.cut.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(owner.told).containsExactly("1011 server");
    closer.stop(open);
    assertThat(open).isEmpty();
  }

  @Test
  void failureOfTheOpenEndsTheConnection() throws Exception {
    owner.openFailure = new IllegalStateException("of the test");

    open();

    assertThat(vendor.cut.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(owner.told).containsExactly("1011 server");
    closer.stop(open);
    assertThat(open).isEmpty();
  }

  @Test
  void socketThatOpensAfterTheStopIsCut() throws Exception {
    closer.stop(open);

    open();

    assertThat(vendor.cut.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(open).isEmpty();
  }

  private void awaitText() throws InterruptedException {
    assertThat(owner.texts.await(10, TimeUnit.SECONDS)).isTrue();
    owner.texts = new CountDownLatch(1);
  }

  private static void refuse() {
    throw new IllegalStateException("refused");
  }

  @Test
  void closeGoesOutAfterATextThatCouldNotBeSent() throws Exception {
    open();
    send = JakartaSocketTest::refuse;

    socket.sendText("x", false);
    awaitText();
    socket.close(1000, "");
    awaitEnd();

    assertThat(owner.told).containsExactly("failed", "flushed");
    assertThat(vendor.told).containsExactly("close NORMAL_CLOSURE");
  }

  /** How a container fails: inside of the call, later, or with an end that it tells by itself. */
  @ParameterizedTest
  @ValueSource(strings = {"thrown", "told", "told by the container"})
  void textThatCannotBeWrittenIsAFailureOnce(String how) throws Exception {
    open();
    send =
        how.equals("thrown")
            ? JakartaSocketTest::refuse
            : () -> socket.onResult(new SendResult(new java.io.IOException("reset")));
    if (how.equals("told by the container")) {
      vendor.breaks =
          () -> {
            socket.onClose(null, VendorSession.BROKEN);
            return false;
          };
    }

    socket.sendText("x", false);
    awaitText();
    socket.onResult(new SendResult(new java.io.IOException("closed")));

    assertThat(owner.told).containsExactly("failed");
  }

  /**
   * The container answers the close, and has not told of it yet. Its queue is still handled: the
   * failure is the close's, which the owner is told of later.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void textWhileTheContainerAnswersACloseIsNoFailure(boolean thrown) throws Exception {
    open();
    vendor.breaks = () -> false;
    send =
        thrown
            ? JakartaSocketTest::refuse
            : () -> socket.onResult(new SendResult(new java.io.IOException("closed")));

    socket.sendText("x", false);
    awaitText();
    socket.sendText("y", false);
    socket.onMessage("a", true);
    socket.onClose(null, reason(CloseCodes.NORMAL_CLOSURE));
    awaitEnd();

    assertThat(owner.told).containsExactly("written", "written", "a", "1000 client");
  }

  /** The container has closed, and tells of it before anybody has looked at the text. */
  @Test
  void closeThatIsToldMeanwhileIsNoFailureOfTheText() throws Exception {
    open();
    CountDownLatch held = new CountDownLatch(1);
    vendor.breaks =
        () -> {
          await(held);
          return true;
        };
    send = JakartaSocketTest::refuse;

    socket.sendText("x", false);
    socket.onClose(null, reason(CloseCodes.NORMAL_CLOSURE));
    held.countDown();
    assertThat(vendor.brokenOff.await(10, TimeUnit.SECONDS)).isTrue();

    assertThat(owner.told).containsExactly("1000 client", "written");
  }

  /** Tomcat forgets what waits behind its answer to a close. */
  @Test
  void textThatTheContainerForgetsIsNotAwaited() throws Exception {
    open();
    owner.demands = false;
    socket.onMessage("a", true);

    socket.sendText("x", false);
    socket.onClose(null, reason(CloseCodes.NORMAL_CLOSURE));
    socket.sendText("y", false);

    assertThat(owner.told).containsExactly("a", "1000 client", "written", "written");
  }

  /** Tomcat would forget what it has read already. */
  @Test
  void containerThatReadsAtThisMomentIsResumedBehindThat() throws Exception {
    open();
    owner.demands = false;
    vendor.reading = true;
    // Given by the reading thread meanwhile; nobody demands what comes next.
    vendor.resuming = () -> socket.onMessage("b", true);

    socket.onMessage("a", true);
    socket.demand();
    assertThat(vendor.suspends.await(10, TimeUnit.SECONDS)).isTrue();

    assertThat(owner.told).containsExactly("a", "b");
    assertThat(vendor.told).containsExactly("suspend", "not yet", "resume", "suspend");
  }

  @Test
  void cutWaitsForNoCloseAndNoHandler() throws Exception {
    open();
    CountDownLatch held = new CountDownLatch(1);
    for (int i = 0; i < 100; i++) {
      closer.close(() -> await(held));
      closer.read(() -> await(held));
    }

    socket.disconnect();

    assertThat(vendor.cut.await(10, TimeUnit.SECONDS)).isTrue();
    held.countDown();
  }

  /** Neither a close that hangs, nor one cut that fails or hangs, keeps the stop. */
  @Test
  void stopCutsAllWhateverHangs() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch cuts = new CountDownLatch(50);
    for (int i = 0; i < 50; i++) {
      int n = i;
      Vendor one =
          new Vendor() {
            @Override
            void cut(Session session) {
              cuts.countDown();
              if (n == 0) {
                await(held);
              }
              throw new IllegalStateException("closed already");
            }
          };
      new JakartaSocket(new Owner(), one, closer, open)
          .onOpen(
              (Session)
                  proxy(
                      Session.class,
                      (self, method, arguments) ->
                          method.getName().equals("getUserProperties") ? new HashMap<>() : null),
              null);
    }
    for (int i = 0; i < 100; i++) {
      closer.close(() -> await(held));
    }
    long begin = System.nanoTime();

    closer.stop(open);

    assertThat(cuts.getCount()).isZero();
    assertThat(open).isEmpty();
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(15));
    held.countDown();
  }

  private static void await(CountDownLatch latch) {
    boolean done = false;
    while (!done) {
      try {
        done = latch.await(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        // A container's own wait, too, may not end by that.
        done = latch.getCount() == 0;
      }
    }
  }
}
