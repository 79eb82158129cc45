package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.channels.ReadPendingException;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.websocket.core.ExtensionConfig;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of a connection with compression. */
class DeflateExtensionTest {
  private final DeflateExtension extension = new DeflateExtension();
  private final AtomicInteger asked = new AtomicInteger();

  @BeforeEach
  void connect() {
    extension.init(new ExtensionConfig("permessage-deflate"), new WebSocketComponents());
    extension.setNextDemand(asked::incrementAndGet);
  }

  @Test
  void demandAfterTheEndIsInVain() {
    extension.close();

    extension.demand();

    assertThat(asked).hasValue(0);
  }

  @Test
  void secondDemandForOneFrameIsRefused() {
    extension.demand();

    assertThatThrownBy(extension::demand).isInstanceOf(ReadPendingException.class);
    assertThat(asked).hasValue(1);
  }
}
