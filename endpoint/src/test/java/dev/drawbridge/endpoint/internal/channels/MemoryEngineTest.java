package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ClusterEngineContract;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The engine of one process, by the contract of all engines. */
class MemoryEngineTest extends ClusterEngineContract {
  @Override
  protected Deployment deployment() {
    AtomicLong clock = new AtomicLong(1_000_000);
    MemoryLog log = new MemoryLog(20_000, clock::get);
    List<MemoryEngine> engines = new ArrayList<>();
    return new Deployment() {
      @Override
      public ClusterEngine engine() {
        MemoryEngine engine = new MemoryEngine(log);
        engines.add(engine);
        return engine;
      }

      @Override
      public Duration patience() {
        return Duration.ofSeconds(2);
      }

      @Override
      public boolean lose(Loss loss) {
        log.restart(
            loss == Loss.IDENTITY_CHANGED ? ResetReason.ENGINE_CHANGED : ResetReason.LOG_LOST);
        return true;
      }

      @Override
      public boolean away(boolean away) {
        engines.forEach(engine -> engine.away(away ? "out of reach" : null));
        return true;
      }

      @Override
      public void pass(Duration time) {
        clock.addAndGet(time.toMillis());
      }

      @Override
      public void close() {
        // Nothing is left.
      }
    };
  }
}
