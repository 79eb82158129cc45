package dev.drawbridge.endpoint.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.filters.refusal.MarkupEscapes;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** JSON bodies of HTTP requests and answers, which no application configures. */
public final class Json {
  /** Without the thread-local buffers that would keep a stopped application in memory. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .recyclerPool(JsonRecyclerPools.newConcurrentDequePool())
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** For HTTP answers, which somebody may take for a page. */
  private static final ObjectWriter ANSWERS = MAPPER.writer(new MarkupEscapes());

  private Json() {}

  /** A value as JSON in one line. */
  public static String text(@Nullable Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not fit for JSON: " + e.getClass().getName(), e);
    }
  }

  /** The same with markup escaped, for an answer over HTTP. */
  public static String answer(@Nullable Object value) {
    try {
      return ANSWERS.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not fit for JSON: " + e.getClass().getName(), e);
    }
  }

  public static void send(HttpServletResponse response, int status, Object body)
      throws IOException {
    byte[] bytes = ANSWERS.writeValueAsBytes(body);
    response.setStatus(status);
    response.setContentType("application/json");
    response.setCharacterEncoding("UTF-8");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setContentLength(bytes.length);
    response.getOutputStream().write(bytes);
  }
}
