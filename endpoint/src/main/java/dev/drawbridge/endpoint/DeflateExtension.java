package dev.drawbridge.endpoint;

import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.Extension;
import org.eclipse.jetty.websocket.core.ExtensionConfig;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.WebSocketExtensionRegistry;
import org.eclipse.jetty.websocket.core.internal.PerMessageDeflateExtension;

/**
 * Jetty's compression, mended: without takeover of the client's context Jetty gives the inflater
 * back at each last frame, and takes a control frame between the fragments of a message for one.
 * Called by one thread at a time.
 */
final class DeflateExtension extends PerMessageDeflateExtension {
  /** The inflater stays for once: a control frame passes. */
  private boolean passing;

  /** The components of a server, with this extension in the place of Jetty's. */
  static WebSocketComponents in(WebSocketComponents components) {
    WebSocketExtensionRegistry registry =
        new WebSocketExtensionRegistry() {
          @Override
          public Extension newInstance(ExtensionConfig config, WebSocketComponents of) {
            if (!config.getName().equals(Offers.DEFLATE)) {
              return super.newInstance(config, of);
            }
            Extension mended = new DeflateExtension();
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

  @Override
  public void releaseInflater() {
    if (passing) {
      passing = false;
    } else {
      super.releaseInflater();
    }
  }

  @Override
  protected void nextIncomingFrame(Frame frame, Callback callback) {
    passing =
        frame.isControlFrame()
            && getConfig().getParameterKeys().contains(SocketUpgrade.CLIENT_WITHOUT_CONTEXT);
    super.nextIncomingFrame(frame, callback);
  }
}
