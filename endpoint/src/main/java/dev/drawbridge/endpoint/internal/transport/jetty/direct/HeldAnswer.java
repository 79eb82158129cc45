package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.transport.CloseFrame;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpGenerator;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a handshake over HTTP/1.1 whose answer, 101, waits for the first frame and goes out
 * with it: one write and one packet less for each connection. Used by the thread that has the
 * request.
 */
final class HeldAnswer extends HttpStream.Wrapper {
  /** Jetty's own wrapper that only tells of the end. By name: it is no part of any API. */
  private static final String AT_THE_END =
      "org.eclipse.jetty.server.internal.CompletionStreamWrapper";

  /** The same, and stores the HTTP session when the answer is sent. */
  private static final String OF_SESSIONS =
      "org.eclipse.jetty.session.AbstractSessionManager$SessionStreamWrapper";

  /** What does not fit is written at once, as Jetty does it. */
  private static final int MAX_BYTES = 4096;

  /** More than the last one had: most are of one length. */
  private static final int SPARE_BYTES = 64;

  /** Bytes that are made ready for the next one; a guess. */
  private static volatile int expectedBytes = 512;

  private final Request request;
  private final TransportOwner owner;

  /** The connection that has the answer; null while none was held. */
  private @Nullable DirectConnection holder;

  private HeldAnswer(HttpStream wrapped, Request request, TransportOwner owner) {
    super(wrapped);
    this.request = request;
    this.owner = owner;
  }

  /**
   * Around Jetty's own streams alone: who else looks at what is sent must see it.
   *
   * @param hasSession whether the request has an HTTP session
   */
  static HttpStream on(
      HttpStream stream, Request request, boolean hasSession, TransportOwner owner) {
    HttpStream inside = stream;
    while (inside instanceof HttpStream.Wrapper wrapper) {
      String name = wrapper.getClass().getName();
      if (!name.equals(AT_THE_END) && (hasSession || !name.equals(OF_SESSIONS))) {
        return stream;
      }
      inside = wrapper.getWrapped();
    }
    return new HeldAnswer(stream, request, owner);
  }

  @Override
  public void send(
      MetaData.Request asked,
      MetaData.@Nullable Response response,
      boolean last,
      @Nullable ByteBuffer content,
      Callback callback) {
    if (holder != null) {
      // Somebody has failed after the upgrade, and there can be no second answer.
      callback.failed(new IllegalStateException("the handshake is answered already"));
      return;
    }
    if (response != null
        && response.getStatus() == HttpStatus.SWITCHING_PROTOCOLS_101
        && last
        && BufferUtil.isEmpty(content)
        && request.getAttribute(HttpStream.UPGRADE_CONNECTION_ATTRIBUTE)
            instanceof DirectConnection connection) {
      ByteBuffer answer = written(response);
      if (answer != null) {
        holder = connection;
        connection.hold(answer);
        callback.succeeded();
        return;
      }
    }
    super.send(asked, response, last, content, callback);
  }

  /** As Jetty writes it; null if it does not fit. */
  private static @Nullable ByteBuffer written(MetaData.Response response) {
    int expected = expectedBytes;
    ByteBuffer answer = written(response, expected);
    if (answer == null && expected < MAX_BYTES) {
      answer = written(response, MAX_BYTES);
    }
    if (answer != null && answer.remaining() + SPARE_BYTES > expected) {
      expectedBytes = Math.min(MAX_BYTES, answer.remaining() + 2 * SPARE_BYTES);
    }
    return answer;
  }

  private static @Nullable ByteBuffer written(MetaData.Response response, int bytes) {
    ByteBuffer header = BufferUtil.allocate(bytes);
    try {
      HttpGenerator.Result result =
          new HttpGenerator().generateResponse(response, false, header, null, null, true);
      return result == HttpGenerator.Result.FLUSH ? header : null;
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * A filter has failed after the upgrade. The client learns that there was one, and then that it
   * is over; nobody will open the connection.
   */
  @Override
  public void failed(Throwable cause) {
    if (holder != null) {
      holder.release();
      owner.closed(CloseFrame.ABNORMAL, "", Initiator.SERVER);
    }
    super.failed(cause);
  }
}
