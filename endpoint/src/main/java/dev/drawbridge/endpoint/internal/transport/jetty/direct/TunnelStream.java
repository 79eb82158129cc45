package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a CONNECT over HTTP/2, whose good answer has no {@code Content-Length} (RFC 9110
 * section 8.6): Jetty sets one of zero, and proxies then take the stream for ended.
 */
final class TunnelStream extends HttpStream.Wrapper {
  TunnelStream(HttpStream wrapped) {
    super(wrapped);
  }

  @Override
  public void send(
      MetaData.Request request,
      MetaData.@Nullable Response response,
      boolean last,
      @Nullable ByteBuffer content,
      Callback callback) {
    MetaData.Response sent = response;
    if (response != null && HttpStatus.isSuccess(response.getStatus())) {
      HttpFields.Mutable fields = HttpFields.build(response.getHttpFields());
      fields.remove(HttpHeader.CONTENT_LENGTH);
      sent =
          new MetaData.Response(
              response.getStatus(),
              response.getReason(),
              response.getHttpVersion(),
              fields,
              -1,
              response.getTrailersSupplier());
    }
    super.send(request, sent, last, content, callback);
  }
}
