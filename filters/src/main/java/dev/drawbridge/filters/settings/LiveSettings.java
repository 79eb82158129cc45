package dev.drawbridge.filters.settings;

import dev.drawbridge.filters.log.Traces;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings in force with all that is made of them. Thread-safe. A reload replaces the whole by
 * one write: whoever reads sees all of the old or all of the new. One bad value, wherever, and all
 * stays as it is.
 *
 * <p>Locks: one for reloads, then one for the parts. What is made may take seconds, under the first
 * alone: who joins, leaves or stops meanwhile does not wait for it.
 */
public final class LiveSettings {
  private static final Logger log = LoggerFactory.getLogger(LiveSettings.class);

  /**
   * Makes something of settings, again at each reload.
   *
   * @param <T> what it makes; immutable or thread-safe
   */
  @FunctionalInterface
  public interface Maker<T> {

    /**
     * Makes it. What is in force is not touched.
     *
     * @param next the settings that will be in force
     * @param before those that are
     * @param present what was made of these
     * @return the same object where nothing changes for it
     * @throws ConfigurationException if the settings do not fit; the reload is refused
     */
    T make(Settings next, Settings before, T present);

    /** It will not be used: the reload was refused by another part. */
    default void refused(T made, T present) {}

    /** It is in force, in the place of another one, which requests may still use for a moment. */
    default void inForce(T now, T before) {}

    /** Settings that name files whose content is another one than before. */
    default List<Setting> readAgain(T now, T before) {
      return List.of();
    }
  }

  /**
   * What a reload has done.
   *
   * @param generation number of the settings that are in force, 1 at the start
   * @param changed what took force
   * @param needsRestart what was found changed, and takes force by a restart
   * @param warnings what someone should look at
   * @param closed connections that were closed, because the settings forbid them now
   */
  public record Reload(
      long generation,
      List<SettingChange> changed,
      List<SettingChange> needsRestart,
      List<String> warnings,
      int closed) {

    /** Copies the lists. */
    public Reload {
      changed = List.copyOf(changed);
      needsRestart = List.copyOf(needsRestart);
      warnings = List.copyOf(warnings);
    }

    /** In words, a line for each thing. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      text.append("settings ").append(generation);
      text.append(changed.isEmpty() ? ": nothing has changed" : ": " + joined(changed));
      if (closed > 0) {
        text.append("\nconnections closed: ").append(closed);
      }
      if (!needsRestart.isEmpty()) {
        text.append("\nneeds a restart: ").append(joined(needsRestart));
      }
      warnings.forEach(warning -> text.append('\n').append(warning));
      return text.toString();
    }
  }

  /** All that is in force together. */
  private static final class Generation {
    private final long number;
    private final Settings settings;

    /** By the slots of parts. */
    private final Object[] values;

    private final long sinceNanos;

    private Generation(long number, Settings settings, Object[] values, long sinceNanos) {
      this.number = number;
      this.settings = settings;
      this.values = values;
      this.sinceNanos = sinceNanos;
    }

    /** The same with a part more. */
    private Generation with(Object[] others) {
      return new Generation(number, settings, others, sinceNanos);
    }
  }

  /** What a reload has put in the place of what; the same where nothing is another. */
  private record Replacement(Generation before, Generation next) {}

  /**
   * One thing that is made of the settings.
   *
   * @param <T> what it is
   */
  public final class Part<T> {
    private final int slot;
    private final Maker<T> maker;

    private Part(int slot, Maker<T> maker) {
      this.slot = slot;
      this.maker = maker;
    }

    /** The one that is in force. As cheap as two reads; a request asks once and keeps it. */
    public T get() {
      return in(now);
    }

    /** Is not made again; the last one stays, for requests that are under way. */
    public void leave() {
      lock.lock();
      try {
        parts.remove(this);
      } finally {
        lock.unlock();
      }
    }

    @SuppressWarnings("unchecked") // Its own maker has made what stands in its slot.
    private T in(Generation generation) {
      return (T) generation.values[slot];
    }

    private T made(Settings next, Generation before) {
      return maker.make(next, before.settings, in(before));
    }

    private void refused(Object made, Generation before) {
      if (made != in(before)) {
        try {
          maker.refused(cast(made), in(before));
        } catch (RuntimeException e) {
          unfinished(e);
        }
      }
    }

    private void inForce(Generation next, Generation before) {
      if (in(next) != in(before)) {
        try {
          maker.inForce(in(next), in(before));
        } catch (RuntimeException e) {
          unfinished(e);
        }
      }
    }

    private List<Setting> readAgain(Generation next, Generation before) {
      return in(next) == in(before) ? List.of() : maker.readAgain(in(next), in(before));
    }

    @SuppressWarnings("unchecked") // As above.
    private T cast(Object made) {
      return (T) made;
    }
  }

  /** Held for a whole reload, so that two come one after the other. */
  private final ReentrantLock reloading = new ReentrantLock();

  /** Guards the parts and the write of what is in force; inside of the other one. */
  private final ReentrantLock lock = new ReentrantLock();

  private final List<Part<?>> parts = new ArrayList<>();

  /** Guarded by the second lock. */
  private boolean stopped;

  private final List<IntSupplier> listeners = new CopyOnWriteArrayList<>();

  private volatile Generation now;

  /** What the last reload has found that only a restart changes. */
  private volatile List<SettingChange> waiting = List.of();

  /** Begins with those of the start. */
  public LiveSettings(Settings settings) {
    this.now = new Generation(1, settings, new Object[0], System.nanoTime());
  }

  /** Those that are in force. */
  public Settings settings() {
    return now.settings;
  }

  /** How often they were replaced, and one. */
  public long generation() {
    return now.number;
  }

  /** What the last reload has found that only a restart changes. */
  public List<SettingChange> waiting() {
    return waiting;
  }

  /** True after a reload within the last so many nanoseconds, not after the start. */
  public boolean isReloadedWithin(long nanos) {
    Generation present = now;
    return present.number > 1 && System.nanoTime() - present.sinceNanos < nanos;
  }

  /**
   * Adds something that is made of the settings.
   *
   * @param value made of them just now
   * @param of the settings of which it was made
   */
  public <T> Part<T> join(T value, Settings of, Maker<T> maker) {
    lock.lock();
    try {
      Generation present = now;
      T made = present.settings == of ? value : maker.make(present.settings, of, value);
      Part<T> part = new Part<>(present.values.length, maker);
      Object[] values = Arrays.copyOf(present.values, present.values.length + 1);
      values[part.slot] = made;
      parts.add(part);
      now = present.with(values);
      if (made != value) {
        // A reload came between the reading of the settings and this.
        maker.inForce(made, value);
      }
      return part;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Is called after each reload that has changed something, by its thread.
   *
   * @param listener closes what is forbidden now, and tells how many connections it has closed
   * @return takes it away
   */
  public Runnable onReload(IntSupplier listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** Ends all reloads, also one that is under way: nothing is put into force any more. */
  public void stop() {
    lock.lock();
    try {
      stopped = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads the settings again and puts what may change into force, all of it or nothing. Reloads
   * come one after the other. Blocks while key files are read and key sets of new addresses are
   * fetched, up to ten seconds.
   *
   * @param by who has asked for it, for the log
   * @throws ConfigurationException with all problems, or after the stop; everything stays as it was
   */
  public Reload reload(String by) {
    reloading.lock();
    try {
      return told(read(), by);
    } catch (ConfigurationException e) {
      log.warn("Settings not reloaded, asked for by {}: {}", by, e.getMessage());
      throw e;
    } catch (RuntimeException | Error e) {
      log.error(
          "the reload of the settings asked for by {} failed inside", by, Traces.withoutMessage(e));
      throw e;
    } finally {
      reloading.unlock();
    }
  }

  private Reload told(Reload done, String by) {
    log.info(
        "Settings reloaded, asked for by {}: generation {}, {}{}",
        by,
        done.generation(),
        done.changed().isEmpty() ? "nothing has changed" : joined(done.changed()),
        done.closed() == 0 ? "" : "; connections closed: " + done.closed());
    if (!done.needsRestart().isEmpty()) {
      log.warn("A restart is needed for: {}", joined(done.needsRestart()));
    }
    done.warnings().forEach(log::warn);
    return done;
  }

  private Reload read() {
    Generation known;
    List<Part<?>> concerned;
    lock.lock();
    try {
      requireRunning();
      known = now;
      concerned = List.copyOf(parts);
    } finally {
      lock.unlock();
    }
    Settings fresh = known.settings.reread();
    Settings reloaded = fresh.reloadedInto(known.settings);
    Set<String> problems = new LinkedHashSet<>(reloaded.problems());
    // What a restart would refuse is found now.
    problems.addAll(fresh.problems());
    if (!problems.isEmpty()) {
      throw ConfigurationException.ofReload(List.copyOf(problems));
    }
    Map<Part<?>, Object> made = made(reloaded, known, concerned);
    Replacement done = putInForce(reloaded, made);
    Generation before = done.before;
    Generation next = done.next;
    List<SettingChange> changed =
        new ArrayList<>(SettingChange.between(before.settings, next.settings, true));
    Set<Setting> named = changed.stream().map(SettingChange::setting).collect(Collectors.toSet());
    waiting = SettingChange.between(before.settings, fresh, false);
    int closed = 0;
    if (next != before) {
      for (Part<?> part : made.keySet()) {
        part.readAgain(next, before).stream()
            .filter(named::add)
            .forEach(setting -> changed.add(SettingChange.ofContent(setting)));
      }
      made.keySet().forEach(part -> part.inForce(next, before));
      closed = listeners.stream().mapToInt(LiveSettings::heard).sum();
    }
    // Also where nothing has changed: what stands in a file without effect may be why.
    List<String> warnings = new ArrayList<>(reloaded.warnings());
    warnings.removeAll(before.settings.warnings());
    return new Reload(next.number, changed, waiting, warnings, closed);
  }

  private static int heard(IntSupplier listener) {
    try {
      return listener.getAsInt();
    } catch (RuntimeException e) {
      unfinished(e);
      return 0;
    }
  }

  private static void unfinished(RuntimeException failure) {
    log.error(
        "a part of the reloaded settings could not be finished", Traces.withoutMessage(failure));
  }

  private void requireRunning() {
    if (stopped) {
      throw ConfigurationException.ofReload(List.of("the web application has stopped"));
    }
  }

  /** All parts, or an exception and nothing. */
  private static Map<Part<?>, Object> made(
      Settings reloaded, Generation before, List<Part<?>> concerned) {
    Map<Part<?>, Object> made = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    try {
      for (Part<?> part : concerned) {
        try {
          made.put(part, Objects.requireNonNull(part.made(reloaded, before)));
        } catch (ConfigurationException e) {
          problems.addAll(e.problems());
        }
      }
      if (!problems.isEmpty()) {
        throw ConfigurationException.ofReload(
            problems.stream().distinct().collect(Collectors.toList()));
      }
      return made;
    } catch (RuntimeException | Error e) {
      made.forEach((part, each) -> part.refused(each, before));
      throw e;
    }
  }

  /**
   * By one write.
   *
   * @param made loses the parts that have left meanwhile, and gets those that have joined
   */
  private Replacement putInForce(Settings reloaded, Map<Part<?>, Object> made) {
    lock.lock();
    try {
      requireRunning();
      // Of the same settings as when the reload began, perhaps with more parts.
      Generation before = now;
      made.putAll(
          made(reloaded, before, parts.stream().filter(each -> !made.containsKey(each)).toList()));
      List.copyOf(made.keySet()).stream()
          .filter(each -> !parts.contains(each))
          .forEach(each -> each.refused(Objects.requireNonNull(made.remove(each)), before));
      Object[] values = before.values.clone();
      boolean isDifferent = !SettingChange.between(before.settings, reloaded, true).isEmpty();
      for (Map.Entry<Part<?>, Object> each : made.entrySet()) {
        int slot = each.getKey().slot;
        isDifferent |= values[slot] != each.getValue();
        values[slot] = each.getValue();
      }
      Generation next =
          isDifferent
              ? new Generation(before.number + 1, reloaded, values, System.nanoTime())
              : before;
      now = next;
      return new Replacement(before, next);
    } catch (RuntimeException | Error e) {
      Generation before = now;
      made.forEach((part, each) -> part.refused(each, before));
      throw e;
    } finally {
      lock.unlock();
    }
  }

  private static String joined(List<SettingChange> changes) {
    return changes.stream().map(SettingChange::toString).collect(Collectors.joining("; "));
  }
}
