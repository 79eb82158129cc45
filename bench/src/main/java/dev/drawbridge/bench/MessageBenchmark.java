package dev.drawbridge.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.drawbridge.endpoint.internal.message.Message;
import dev.drawbridge.endpoint.internal.message.MessageCodec;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One message from its text to a typed, checked record, and a result back to its text. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class MessageBenchmark {
  private static final String TEXT = "The quick brown fox jumps over the lazy dog, and again.";

  private final MessageCodec codec = MessageCodec.builder().type("echo", Echo.class).build();
  private final String good =
      "{\"type\":\"echo\",\"id\":\"m-000001\",\"data\":{\"text\":\"" + TEXT + "\"}}";
  private final String unknown = good.replace("\"echo\"", "\"nothing\"");
  private final String misfit = good.replace("\"" + TEXT + "\"", "5");
  private final Echo result = new Echo(TEXT, null);

  /** What most messages are. */
  @Benchmark
  public Message read() {
    return codec.read(good);
  }

  /** A type that nobody has registered. */
  @Benchmark
  public Message refuseType() {
    return codec.read(unknown);
  }

  /** Data of another shape. */
  @Benchmark
  public Message refuseData() {
    return codec.read(misfit);
  }

  /** The data of an ack. */
  @Benchmark
  public String write() throws JsonProcessingException {
    return codec.mapper().writeValueAsString(result);
  }
}
