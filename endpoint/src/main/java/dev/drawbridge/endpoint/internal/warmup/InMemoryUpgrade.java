package dev.drawbridge.endpoint.internal.warmup;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.Loopback;
import dev.drawbridge.endpoint.internal.transport.Receiver;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import dev.drawbridge.endpoint.internal.transport.WireText;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Upgrades without a container: the other end of a connection is an object. Used by one thread. */
final class InMemoryUpgrade implements SocketUpgrade {
  private final TransportChoice choice;

  /** The last connection; null before the first. */
  private @Nullable Wire line;

  /**
   * As good as another.
   *
   * @param choice what it says of itself
   */
  InMemoryUpgrade(TransportChoice choice) {
    this.choice = choice;
  }

  @Override
  public boolean upgrade(
      HandshakeRequest request, HttpServletResponse response, TransportOwner owner) {
    response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
    line = new Wire(owner);
    return true;
  }

  @Override
  public TransportChoice transport() {
    return choice;
  }

  /** Takes the connection that was made; null when none was. */
  @Nullable Wire take() {
    Wire made = line;
    line = null;
    return made;
  }

  /** One connection with the client's end of it. Its frames may come from any thread. */
  static final class Wire implements Loopback.Line, Transport {
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final TransportOwner owner;
    private final Receiver receiver;
    private volatile @Nullable Writer writer;

    private Wire(TransportOwner owner) {
      this.owner = owner;
      this.receiver = owner.opened(this);
    }

    @Override
    public void send(String text) {
      receiver.text(text, true);
    }

    @Override
    public String next(Duration longest) throws InterruptedException, TimeoutException {
      String text = received.poll(longest.toMillis(), TimeUnit.MILLISECONDS);
      if (text == null) {
        throw new TimeoutException("no frame within " + longest.toMillis() + " ms");
      }
      return text;
    }

    @Override
    public void leave() {
      owner.closed(1000, "", Initiator.CLIENT);
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
      received.add(text);
      Writer told = writer;
      if (told != null) {
        told.written();
      }
    }

    @Override
    public void sendText(WireText text, boolean waits) {
      sendText(text.utf8().length == 0 ? "" : text.text(), waits);
    }

    @Override
    public void demand() {
      // The client sends when it wants.
    }

    @Override
    public void close(int code, String reason) {
      Writer told = writer;
      if (told != null) {
        told.flushed();
      }
    }

    @Override
    public void disconnect() {
      // Nothing is held.
    }

    @Override
    public void idleTimeout(Duration longest) {
      // It ends before.
    }
  }
}
