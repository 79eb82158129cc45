package dev.drawbridge.filters.settings;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
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
 * <p>Locks: one for reloads, then one for the parts.
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

    private final long sinceNanos = System.nanoTime();

    private Generation(long number, Settings settings, Object[] values) {
      this.number = number;
      this.settings = settings;
      this.values = values;
    }
  }

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
        maker.refused(cast(made), in(before));
      }
    }

    private void inForce(Generation next, Generation before) {
      if (in(next) != in(before)) {
        try {
          maker.inForce(in(next), in(before));
        } catch (RuntimeException e) {
          log.error("a part of the reloaded settings could not be finished", e);
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
  private final List<IntSupplier> listeners = new CopyOnWriteArrayList<>();

  private volatile Generation now;

  /** What the last reload has found that only a restart changes. */
  private volatile List<SettingChange> waiting = List.of();

  /** Begins with those of the start. */
  public LiveSettings(Settings settings) {
    this.now = new Generation(1, settings, new Object[0]);
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
      Part<T> part = new Part<>(present.values.length, maker);
      Object[] values = Arrays.copyOf(present.values, present.values.length + 1);
      values[part.slot] = present.settings == of ? value : maker.make(present.settings, of, value);
      parts.add(part);
      now = new Generation(present.number, present.settings, values);
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

  /**
   * Reads the settings again and puts what may change into force, all of it or nothing. Reloads
   * come one after the other. Blocks while key files are read and key sets of new addresses are
   * fetched, up to ten seconds.
   *
   * @param by who has asked for it, for the log
   * @throws ConfigurationException with all problems; everything stays as it was
   */
  public Reload reload(String by) {
    reloading.lock();
    try {
      return told(read(), by);
    } catch (ConfigurationException e) {
      log.warn("Settings not reloaded, asked for by {}: {}", by, e.getMessage());
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
    Generation before;
    Generation next;
    List<Part<?>> concerned;
    Settings fresh;
    lock.lock();
    try {
      before = now;
      concerned = List.copyOf(parts);
      fresh = before.settings.reread();
      Settings reloaded = fresh.reloadedInto(before.settings);
      Set<String> problems = new LinkedHashSet<>(reloaded.problems());
      // What a restart would refuse is found now.
      problems.addAll(fresh.problems());
      if (!problems.isEmpty()) {
        throw ConfigurationException.ofReload(List.copyOf(problems));
      }
      next = made(before, reloaded, concerned);
      now = next;
    } finally {
      lock.unlock();
    }
    List<SettingChange> changed =
        new ArrayList<>(SettingChange.between(before.settings, next.settings, true));
    Set<Setting> named = changed.stream().map(SettingChange::setting).collect(Collectors.toSet());
    for (Part<?> part : concerned) {
      part.readAgain(next, before).stream()
          .filter(named::add)
          .forEach(setting -> changed.add(SettingChange.ofContent(setting)));
    }
    waiting = SettingChange.between(before.settings, fresh, false);
    int closed = 0;
    if (next != before) {
      concerned.forEach(part -> part.inForce(next, before));
      closed = listeners.stream().mapToInt(IntSupplier::getAsInt).sum();
    }
    List<String> warnings = new ArrayList<>(next.settings.warnings());
    warnings.removeAll(before.settings.warnings());
    return new Reload(next.number, changed, waiting, warnings, closed);
  }

  /** All parts, or an exception and nothing. */
  private static Generation made(Generation before, Settings reloaded, List<Part<?>> concerned) {
    Object[] values = before.values.clone();
    List<String> problems = new ArrayList<>();
    List<Part<?>> ready = new ArrayList<>();
    boolean isDifferent = !SettingChange.between(before.settings, reloaded, true).isEmpty();
    try {
      for (Part<?> part : concerned) {
        try {
          Object made = Objects.requireNonNull(part.made(reloaded, before));
          isDifferent |= made != values[part.slot];
          values[part.slot] = made;
          ready.add(part);
        } catch (ConfigurationException e) {
          problems.addAll(e.problems());
        }
      }
      if (!problems.isEmpty()) {
        throw ConfigurationException.ofReload(
            problems.stream().distinct().collect(Collectors.toList()));
      }
    } catch (RuntimeException | Error e) {
      ready.forEach(part -> part.refused(values[part.slot], before));
      throw e;
    }
    return isDifferent ? new Generation(before.number + 1, reloaded, values) : before;
  }

  private static String joined(List<SettingChange> changes) {
    return changes.stream().map(SettingChange::toString).collect(Collectors.joining("; "));
  }
}
