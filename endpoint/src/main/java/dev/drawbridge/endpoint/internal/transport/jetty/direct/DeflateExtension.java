package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.transport.Offers;
import java.util.function.Supplier;
import java.util.zip.Inflater;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.Extension;
import org.eclipse.jetty.websocket.core.ExtensionConfig;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.WebSocketExtensionRegistry;
import org.eclipse.jetty.websocket.core.internal.PerMessageDeflateExtension;

/**
 * Jetty's compression, mended for clients that compress each message to its final block (RFC 7692
 * section 7.2.3.4): nothing follows such a block, so the next message begins anew. Called by one
 * thread at a time.
 */
class DeflateExtension extends PerMessageDeflateExtension {
  /** Something was inflated since the inflater was given back. */
  private boolean inflating;

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
    if (frame.isFin() && frame.isDataFrame() && inflating && getInflater().finished()) {
      releaseInflater();
    }
    super.nextIncomingFrame(frame, callback);
  }
}
