package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.internal.Json;
import dev.drawbridge.filters.util.DaemonThreads;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells pages what has changed, as server-sent events. Thread-safe.
 *
 * <p>Nothing runs while nobody listens. Who listens gets the members that differ from what it has,
 * in silence the server's time alone; who does not read gets the newest state when it reads again,
 * and is forgotten after a while. One listener too many, or a container that cannot wait, gets one
 * event and the advice to come back.
 */
public final class DiagnosticsStream implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DiagnosticsStream.class);

  /** Pages that are told at once: {@value}. */
  public static final int MAX_LISTENERS = 8;

  /** What a page is told to wait that got a single event: {@value} ms. */
  public static final int COME_BACK_MS = 2_000;

  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final Function<String, Map<String, Object>> members;
  private final Clock clock;
  private final long periodMs;
  private final long keepAliveNanos;
  private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();

  /** Null while nobody listens. Guarded by this. */
  private @Nullable ScheduledExecutorService timer;

  /** Guarded by this. */
  private boolean closed;

  /**
   * A stream without listeners.
   *
   * @param members of the document, for the path of the endpoint
   * @param clock by which the members' times are; each event says what it shows
   * @param period how often changes are looked for while someone listens
   * @param keepAlive silence after which a listener is written to: only that shows it is gone, and
   *     shows it that the server is not
   */
  DiagnosticsStream(
      Function<String, Map<String, Object>> members,
      Clock clock,
      Duration period,
      Duration keepAlive) {
    this.members = members;
    this.clock = clock;
    this.periodMs = period.toMillis();
    this.keepAliveNanos = keepAlive.toNanos();
  }

  /** Answers a request for events. */
  void serve(HttpServletRequest request, HttpServletResponse response, String endpointPath)
      throws IOException {
    response.setStatus(HttpServletResponse.SC_OK);
    response.setContentType("text/event-stream");
    response.setCharacterEncoding("UTF-8");
    response.setHeader("X-Content-Type-Options", "nosniff");
    // nginx would collect the events.
    response.setHeader("X-Accel-Buffering", "no");
    if (!request.isAsyncSupported() || !listen(request, response, endpointPath)) {
      String once = "retry: " + COME_BACK_MS + "\n\n" + event(sections(endpointPath));
      response.getOutputStream().write(once.getBytes(StandardCharsets.UTF_8));
    }
  }

  private synchronized boolean listen(
      HttpServletRequest request, HttpServletResponse response, String endpointPath)
      throws IOException {
    if (closed || listeners.size() >= MAX_LISTENERS) {
      return false;
    }
    ServletOutputStream out = response.getOutputStream();
    AsyncContext async = request.startAsync(request, response);
    async.setTimeout(0);
    Listener listener = new Listener(async, out, endpointPath);
    listeners.add(listener);
    async.addListener(listener);
    out.setWriteListener(listener);
    if (timer == null) {
      timer = startTimer();
    }
    return true;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // tick() catches everything itself.
  private ScheduledExecutorService startTimer() {
    ScheduledExecutorService started =
        Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("drawbridge-diagnostics"));
    started.scheduleWithFixedDelay(this::tick, periodMs, periodMs, TimeUnit.MILLISECONDS);
    return started;
  }

  private void tick() {
    try {
      Map<String, Map<String, String>> byPath = new HashMap<>();
      for (Listener listener : listeners) {
        listener.offer(byPath.computeIfAbsent(listener.endpointPath, this::sections));
      }
      stopIfQuiet();
    } catch (RuntimeException | Error e) {
      log.warn("the diagnostics cannot be collected: {}", e.toString());
    }
  }

  private synchronized void stopIfQuiet() {
    if (listeners.isEmpty() && timer != null) {
      timer.shutdown();
      timer = null;
    }
  }

  private Map<String, String> sections(String endpointPath) {
    Map<String, String> json = new LinkedHashMap<>();
    members.apply(endpointPath).forEach((name, value) -> json.put(name, Json.answer(value)));
    return json;
  }

  private String event(Map<String, String> sections) {
    StringBuilder data = new StringBuilder("event: update\ndata: {\"serverTime\":");
    data.append(clock.millis());
    sections.forEach((name, json) -> data.append(",\"").append(name).append("\":").append(json));
    return data.append("}\n\n").toString();
  }

  /** Pages that listen now. */
  public int listeners() {
    return listeners.size();
  }

  /** True while a thread looks for changes. */
  public synchronized boolean isRunning() {
    return timer != null;
  }

  /** Ends every answer and the thread. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      if (timer != null) {
        timer.shutdownNow();
        timer = null;
      }
    }
    listeners.forEach(Listener::end);
  }

  /** One page. */
  private final class Listener implements WriteListener, AsyncListener {
    private final AsyncContext async;
    private final ServletOutputStream out;
    private final String endpointPath;

    /** What the page has. Guarded by this, like all below. */
    private final Map<String, String> known = new HashMap<>();

    private boolean writable;
    private boolean flushIsDue;
    private boolean ended;
    private long writtenNanos = System.nanoTime();

    Listener(AsyncContext async, ServletOutputStream out, String endpointPath) {
      this.async = async;
      this.out = out;
      this.endpointPath = endpointPath;
    }

    synchronized void offer(Map<String, String> now) {
      if (ended) {
        return;
      }
      long silent = System.nanoTime() - writtenNanos;
      if (!writable) {
        if (silent > STUCK_NANOS) {
          end();
        }
        return;
      }
      Map<String, String> changed = new LinkedHashMap<>();
      now.forEach(
          (name, json) -> {
            if (!json.equals(known.get(name))) {
              changed.put(name, json);
            }
          });
      if (!changed.isEmpty() || silent > keepAliveNanos) {
        known.putAll(changed);
        write(event(changed));
      }
    }

    private void write(String text) {
      writtenNanos = System.nanoTime();
      try {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        flushIsDue = true;
        proceed();
      } catch (IOException | IllegalStateException e) {
        end();
      }
    }

    /** Flushes what was written, and finds out whether more may be. */
    private void proceed() throws IOException {
      writable = out.isReady();
      if (writable && flushIsDue) {
        flushIsDue = false;
        out.flush();
        writable = out.isReady();
      }
    }

    @Override
    public synchronized void onWritePossible() throws IOException {
      if (!ended) {
        proceed();
      }
    }

    /** Ends the answer; also when the page is gone already. */
    synchronized void end() {
      if (ended) {
        return;
      }
      ended = true;
      listeners.remove(this);
      try {
        async.complete();
      } catch (IllegalStateException e) {
        // The container has ended it.
      }
    }

    @Override
    public void onError(Throwable cause) {
      end();
    }

    @Override
    public void onError(AsyncEvent event) {
      end();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      end();
    }

    @Override
    public void onComplete(AsyncEvent event) {
      synchronized (this) {
        ended = true;
        listeners.remove(this);
      }
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      // It is not dispatched, so it does not start again.
    }
  }
}
