package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritePendingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.io.ByteArrayEndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.junit.jupiter.api.Test;

/** Frames of the second door beside Jetty's own writes, on a network that takes eight bytes. */
class WritingEndPointTest {
  private final ByteArrayEndPoint network = new ByteArrayEndPoint(new byte[0], 8);
  private final WritingEndPoint endPoint = new WritingEndPoint(network);
  private final List<String> told = new ArrayList<>();

  private boolean writeNow(String frame, String name) {
    return endPoint.writeNow(
        bytes(frame),
        () -> true,
        org.eclipse.jetty.websocket.api.Callback.from(
            () -> told.add(name), cause -> told.add(name + " failed")));
  }

  private void write(String text, String name) {
    endPoint.write(
        Callback.from(() -> told.add(name), cause -> told.add(name + " failed")),
        ByteBuffer.wrap(bytes(text)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** All that arrives, the network taking on what it took before. */
  private String arrived() {
    StringBuilder all = new StringBuilder();
    for (String part = network.takeOutputString(); !part.isEmpty(); ) {
      all.append(part);
      part = network.takeOutputString();
    }
    return all.toString();
  }

  @Test
  void frameThatFitsIsWrittenDuringTheCall() {
    assertThat(writeNow("frame", "ours")).isTrue();

    assertThat(told).containsExactly("ours");
    assertThat(arrived()).isEqualTo("frame");
    assertThat(endPoint.ownFrames()).isEqualTo(1);
    assertThat(endPoint.ownBytes()).isEqualTo(5);
  }

  @Test
  void writeOfJettyWaitsForTheRestOfAFrame() {
    assertThat(writeNow("0123456789abcdef", "ours")).isTrue();
    write("[pong]", "jetty");

    assertThat(told).isEmpty();
    assertThat(arrived()).isEqualTo("0123456789abcdef[pong]");
    assertThat(told).containsExactly("ours", "jetty");
  }

  @Test
  void frameIsLeftToJettyWhileJettyWrites() {
    write("0123456789abcdef", "jetty");

    assertThat(writeNow("frame", "ours")).isFalse();
    assertThat(arrived()).isEqualTo("0123456789abcdef");
    assertThat(told).containsExactly("jetty");
    assertThat(writeNow("frame", "ours")).isTrue();
  }

  @Test
  void frameIsLeftToJettyWhileAFrameIsOnItsWay() {
    assertThat(writeNow("0123456789abcdef", "first")).isTrue();

    assertThat(writeNow("frame", "second")).isFalse();
    assertThat(arrived()).isEqualTo("0123456789abcdef");
    assertThat(told).containsExactly("first");
  }

  @Test
  void frameIsLeftToJettyWhileTheAnswerIsHeldAndJettyTakesItAlong() {
    endPoint.hold(ByteBuffer.wrap(bytes("101,")));

    assertThat(writeNow("frame", "ours")).isFalse();
    write("hi", "jetty");

    assertThat(arrived()).isEqualTo("101,hi");
    assertThat(writeNow("frame", "ours")).isTrue();
  }

  @Test
  void writeOfJettyWaitsForAReleasedAnswer() {
    endPoint.hold(ByteBuffer.wrap(bytes("a long answer 101,")));

    endPoint.release();
    write("hi", "jetty");

    assertThat(told).isEmpty();
    assertThat(arrived()).isEqualTo("a long answer 101,hi");
    assertThat(told).containsExactly("jetty");
  }

  @Test
  void nothingIsWrittenBehindAClose() {
    boolean written =
        endPoint.writeNow(
            bytes("frame"), () -> false, org.eclipse.jetty.websocket.api.Callback.NOOP);

    assertThat(written).isFalse();
    assertThat(arrived()).isEmpty();
    assertThat(writeNow("frame", "ours")).isTrue();
  }

  @Test
  void frameIsLeftToJettyWhenTheNetworkIsGone() {
    network.close();

    assertThat(writeNow("frame", "ours")).isFalse();
    write("frame", "jetty");

    assertThat(told).containsExactly("jetty failed");
    assertThat(endPoint.ownFrames()).isZero();
  }

  @Test
  void networkThatGoesDuringAFrameFailsItAndWhatWaits() {
    assertThat(writeNow("0123456789abcdef", "ours")).isTrue();
    write("[pong]", "jetty");

    network.close();

    assertThat(told).containsExactly("ours failed", "jetty failed");
  }

  @Test
  void writerHearsOfItsFrameBeforeTheCloseThatWaitedForItEndsTheConnection() {
    assertThat(writeNow("012345678", "ours")).isTrue();
    endPoint.write(
        Callback.from(
            () -> {
              told.add("closed");
              endPoint.close(null);
            }),
        ByteBuffer.wrap(bytes("[close]")));

    assertThat(arrived()).isEqualTo("012345678[close]");
    assertThat(told).containsExactly("ours", "closed");
  }

  @Test
  void writerThatIsToldMayWriteAtOnce() {
    boolean written =
        endPoint.writeNow(
            bytes("first,"),
            () -> true,
            org.eclipse.jetty.websocket.api.Callback.from(
                () -> assertThat(writeNow("0123456789abcdef", "second")).isTrue(), cause -> {}));
    write("[pong]", "jetty");

    assertThat(written).isTrue();
    assertThat(arrived()).isEqualTo("first,0123456789abcdef[pong]");
    assertThat(told).containsExactly("second", "jetty");
  }

  @Test
  void nothingFollowsAFrameOfWhichAPartWasTakenBeforeAFailure() {
    ByteArrayEndPoint secure =
        new ByteArrayEndPoint(new byte[0], 100) {
          private boolean hasFailed;

          @Override
          public boolean flush(ByteBuffer... buffers) throws IOException {
            if (hasFailed) {
              return super.flush(buffers);
            }
            hasFailed = true;
            buffers[0].limit(3);
            super.flush(buffers);
            throw new IOException("in the middle");
          }
        };
    WritingEndPoint ours = new WritingEndPoint(secure);
    Callback whole = Callback.from(() -> told.add("written"), cause -> told.add("failed"));

    boolean written =
        ours.writeNow(bytes("[frame]"), () -> true, org.eclipse.jetty.websocket.api.Callback.NOOP);
    ours.write(whole, ByteBuffer.wrap(bytes("[frame]")));

    assertThat(written).isFalse();
    assertThat(secure.takeOutputString()).isEqualTo("[fr");
    assertThat(told).containsExactly("failed");
  }

  @Test
  void whatIsToldMayBlockAlsoBehindAReleasedAnswer() {
    endPoint.hold(ByteBuffer.wrap(bytes("a long answer 101,")));
    endPoint.release();
    write("hi", "jetty");

    assertThat(network.getWriteFlusher().getCallbackInvocationType())
        .isEqualTo(Invocable.InvocationType.BLOCKING);
  }

  @Test
  void secondWriteOfJettyIsRefusedAsEver() {
    write("0123456789abcdef", "first");

    assertThatThrownBy(() -> write("second", "second")).isInstanceOf(WritePendingException.class);
    assertThat(arrived()).isEqualTo("0123456789abcdef");
  }
}
