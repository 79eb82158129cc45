package dev.drawbridge.endpoint.internal.warmup;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is answered to a {@link StandInRequest}: a status and headers. Used by one thread. */
final class StandInResponse extends StandIn {
  private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private int status = 200;

  int status() {
    return status;
  }

  /** Where the body of a refusal goes. */
  private static final class Nowhere extends ServletOutputStream {
    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      // Nothing is written.
    }

    @Override
    public void write(int one) {
      // Nobody reads it.
    }
  }

  @Override
  @Nullable Object answer(String method, @Nullable Object[] arguments) {
    return switch (method) {
      case "setHeader", "addHeader" -> {
        headers.put(String.valueOf(arguments[0]), String.valueOf(arguments[1]));
        yield null;
      }
      case "getHeader" -> headers.get(String.valueOf(arguments[0]));
      case "getHeaders" -> {
        String value = headers.get(String.valueOf(arguments[0]));
        yield value == null ? List.of() : List.of(value);
      }
      case "getHeaderNames" -> headers.keySet();
      case "containsHeader" -> headers.containsKey(String.valueOf(arguments[0]));
      case "setStatus", "sendError" -> {
        status = (Integer) Objects.requireNonNull(arguments[0]);
        yield null;
      }
      case "getStatus" -> status;
      case "getOutputStream" -> new Nowhere();
      default -> UNKNOWN;
    };
  }
}
