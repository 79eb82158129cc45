package dev.drawbridge.outbox.internal;

import dev.drawbridge.db.Database;
import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.outbox.Outbox;
import jakarta.servlet.ServletContext;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The outbox as the endpoint finds it: one relay, and the door for applications. */
public final class OutboxSource implements ChannelSource {
  private static final Logger log = LoggerFactory.getLogger(OutboxSource.class);

  private static final State NOT_STARTED =
      new State("outbox", 0, 0, null, null, Instant.EPOCH, Duration.ZERO, false);

  private @Nullable ServletContext application;
  private @Nullable DrawbridgeRuntime runtime;
  private @Nullable Outbox door;

  /** Written once. */
  private volatile @Nullable Relay relay;

  /** Found by {@link java.util.ServiceLoader}. */
  public OutboxSource() {}

  @Override
  public synchronized void start(ServletContext context, Feed feed) {
    if (context.getAttribute(Outbox.class.getName()) != null) {
      // Another endpoint of this application has it: one table is one deployment's.
      return;
    }
    DrawbridgeRuntime joined = DrawbridgeRuntime.acquire(context);
    Relay started = new Relay(() -> database(joined), feed);
    TransactionalOutbox opened = new TransactionalOutbox(feed, started);
    context.setAttribute(Outbox.class.getName(), opened);
    application = context;
    runtime = joined;
    door = opened;
    relay = started;
    if ("off".equals(joined.settings().string(Setting.OUTBOX))) {
      log.info("the outbox is not relayed by this server: {}=off", Setting.OUTBOX.variable());
      return;
    }
    started.start();
  }

  /** That under the users, or the one that settings name; not the one that dev mode would make. */
  private static @Nullable Database database(DrawbridgeRuntime joined) {
    Database ofUsers = joined.database();
    boolean named =
        joined.settings().source(Setting.DB_URL) != Settings.Source.DEFAULT
            || joined.settings().string(Setting.DB_JNDI) != null;
    return ofUsers == null && named ? joined.sharedDatabase() : ofUsers;
  }

  @Override
  public State state() {
    Relay started = relay;
    return started == null ? NOT_STARTED : started.state();
  }

  @Override
  public synchronized void close() {
    Relay started = relay;
    ServletContext context = application;
    DrawbridgeRuntime leaving = runtime;
    if (started == null || context == null || leaving == null) {
      return;
    }
    if (context.getAttribute(Outbox.class.getName()) == door) {
      context.removeAttribute(Outbox.class.getName());
    }
    application = null;
    runtime = null;
    started.close();
    leaving.release();
  }
}
