package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.cluster.ChannelSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds what brings messages from elsewhere. Stateless; keeps nothing of what it has looked at. */
final class SourceSelector {
  private static final Logger log = LoggerFactory.getLogger(SourceSelector.class);

  private SourceSelector() {}

  /** One of each class that is in sight of the application or of this class; none has started. */
  static List<ChannelSource> all() {
    List<ChannelSource> all = new ArrayList<>();
    addAll(Thread.currentThread().getContextClassLoader(), all);
    addAll(SourceSelector.class.getClassLoader(), all);
    return List.copyOf(all);
  }

  private static void addAll(@Nullable ClassLoader loader, List<ChannelSource> all) {
    try {
      Iterator<ChannelSource> found = ServiceLoader.load(ChannelSource.class, loader).iterator();
      while (found.hasNext()) {
        ChannelSource next = found.next();
        if (all.stream().noneMatch(one -> one.getClass() == next.getClass())) {
          all.add(next);
        }
      }
    } catch (ServiceConfigurationError | LinkageError e) {
      // Channels work without it, and its jar may be there for another reason.
      log.warn("what brings messages into channels cannot be loaded: {}", e.getMessage());
    }
  }
}
