package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.transport.Offers;
import java.nio.channels.ReadPendingException;
import java.util.function.Supplier;
import java.util.zip.Inflater;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.Extension;
import org.eclipse.jetty.websocket.core.ExtensionConfig;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.WebSocketExtensionRegistry;
import org.eclipse.jetty.websocket.core.internal.PerMessageDeflateExtension;
import org.eclipse.jetty.websocket.core.util.DemandChain;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's compression, mended in two places. Clients may compress each message to its final block
 * (RFC 7692 section 7.2.3.4): nothing follows such a block, so the next message begins anew. And
 * Jetty asks for the next frame as soon as it has given one away, whether the listener wants one or
 * not; a frame that then comes too early ends the connection, so what it asks for waits until the
 * listener asks. Frames come by one thread at a time, the demand for them by any.
 */
class DeflateExtension extends PerMessageDeflateExtension {
  /** Something was inflated since the inflater was given back. */
  private boolean inflating;

  /** The listener wants a frame and has not got it. Guarded by this. */
  private boolean wanted;

  /** Jetty has asked for a frame that the listener does not want yet. Guarded by this. */
  private boolean asked;

  /** Null until it is set, before the first demand. */
  private @Nullable DemandChain connection;

  /** The components of a server, with this extension in the place of Jetty's. */
  static WebSocketComponents in(WebSocketComponents components) {
    Supplier<Extension> mending = newest();
    WebSocketExtensionRegistry registry =
        new WebSocketExtensionRegistry() {
          @Override
          public Extension newInstance(ExtensionConfig config, WebSocketComponents of) {
            if (!config.getName().equals(Offers.DEFLATE)) {
              return super.newInstance(config, of);
            }
            Extension mended = mending.get();
            mended.init(config, of);
            return mended;
          }
        };
    return new WebSocketComponents(
        registry,
        components.getObjectFactory(),
        components.getByteBufferPool(),
        components.getInflaterPool(),
        components.getDeflaterPool(),
        components.getExecutor());
  }

  /** Compresses once what goes to many, where this release of Jetty has what that needs. */
  private static Supplier<Extension> newest() {
    try {
      Linkage.check(SharingDeflate.class);
      return SharingDeflate::new;
    } catch (LinkageError e) {
      return DeflateExtension::new;
    }
  }

  @Override
  public void setNextDemand(DemandChain next) {
    connection = next;
    super.setNextDemand(this::ask);
  }

  private void ask() {
    synchronized (this) {
      if (!wanted) {
        asked = true;
        return;
      }
    }
    askConnection();
  }

  private void askConnection() {
    if (connection != null) {
      connection.demand();
    }
  }

  @Override
  public void demand() {
    boolean waited;
    synchronized (this) {
      wanted = true;
      waited = asked;
      asked = false;
    }
    try {
      super.demand();
    } catch (ReadPendingException e) {
      throw e;
    } catch (IllegalStateException e) {
      // The connection has ended meanwhile. Without compression Jetty says nothing either, and who
      // asks may have more to do.
      return;
    }
    if (waited) {
      askConnection();
    }
  }

  @Override
  public Inflater getInflater() {
    inflating = true;
    return super.getInflater();
  }

  @Override
  public void releaseInflater() {
    inflating = false;
    super.releaseInflater();
  }

  @Override
  protected void nextIncomingFrame(Frame frame, Callback callback) {
    synchronized (this) {
      wanted = false;
    }
    if (frame.isFin() && frame.isDataFrame() && inflating && getInflater().finished()) {
      releaseInflater();
    }
    super.nextIncomingFrame(frame, callback);
  }
}
