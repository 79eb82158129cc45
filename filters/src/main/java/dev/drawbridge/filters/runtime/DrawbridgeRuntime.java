package dev.drawbridge.filters.runtime;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbException;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.access.DevKey;
import dev.drawbridge.filters.access.ManagementToken;
import dev.drawbridge.filters.attempt.Attempts;
import dev.drawbridge.filters.cors.rules.OriginPolicy;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.settings.Component;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.DevMode;
import dev.drawbridge.filters.settings.IneffectiveSettings;
import dev.drawbridge.filters.settings.LiveSettings;
import dev.drawbridge.filters.settings.Registrations;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletContext;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the filters and the endpoint of one web application share: settings, database, users,
 * attempts. The first component that starts creates it, the last that stops closes it. Thread-safe.
 *
 * <p>An application that has its own {@link Database}, {@link UserDirectory}, {@link UserSource} or
 * {@link Clock} sets it as a servlet context attribute, under the name of that class, before the
 * filters start, for example in a listener. What it brought stays its own: it is never closed here.
 */
public final class DrawbridgeRuntime {
  private static final Logger log = LoggerFactory.getLogger(DrawbridgeRuntime.class);
  private static final String ATTRIBUTE = DrawbridgeRuntime.class.getName();
  private static final String FAILURE_ATTRIBUTE = ATTRIBUTE + ".failure";

  /** Opens what is new beside the old, and closes what is not used any more. */
  private static final LiveSettings.Maker<HandshakeAuthenticator> AUTHENTICATOR =
      new LiveSettings.Maker<>() {
        @Override
        public HandshakeAuthenticator make(
            Settings next, Settings before, HandshakeAuthenticator present) {
          return present.reloaded(next, before);
        }

        @Override
        public void refused(HandshakeAuthenticator made, HandshakeAuthenticator present) {
          made.closeAllBut(present);
        }

        @Override
        public void inForce(HandshakeAuthenticator now, HandshakeAuthenticator before) {
          before.closeAllBut(now);
        }

        @Override
        public List<Setting> readAgain(HandshakeAuthenticator now, HandshakeAuthenticator before) {
          return now.readAgain(before);
        }
      };

  /** Tells a file of another content. */
  private static final LiveSettings.Maker<ManagementToken> MANAGEMENT =
      new LiveSettings.Maker<>() {
        @Override
        public ManagementToken make(Settings next, Settings before, ManagementToken present) {
          return present.renewed(next);
        }

        @Override
        public List<Setting> readAgain(ManagementToken now, ManagementToken before) {
          return now.isOfFileOf(before) ? List.of(Setting.MANAGEMENT_TOKEN_FILE) : List.of();
        }
      };

  /** Guards the attribute and the count of every web application in this class loader. */
  private static final ReentrantLock LOCK = new ReentrantLock();

  private final ServletContext context;
  private final LiveSettings live;
  private final Clock clock;
  private final Attempts attempts;
  private final DevKey devKey;
  private final AtomicBoolean usersAreChecked = new AtomicBoolean();
  private final AtomicBoolean originsAreChecked = new AtomicBoolean();
  private final LiveSettings.Part<ManagementToken> management;
  private final boolean rehearses;

  /** Guards what is opened on demand. */
  private final ReentrantLock opening = new ReentrantLock();

  /** Null until something asks for users; written under {@link #opening}. */
  private volatile @Nullable Users users;

  /** Null until something asks for it; written under {@link #opening}. */
  private volatile LiveSettings.@Nullable Part<HandshakeAuthenticator> authenticator;

  /** Null before the start is done, after the stop, and where there is no JMX. Guarded by LOCK. */
  private @Nullable SettingsSwitch jmx;

  /** Opened where the users have no database; null until then. Guarded by {@link #opening}. */
  private @Nullable Database beside;

  /** Nothing is opened any more; guarded by {@link #opening}. */
  private boolean closed;

  /** How many components hold this; guarded by {@link #LOCK}. */
  private int references;

  private DrawbridgeRuntime(
      ServletContext context, Settings settings, @Nullable Clock clock, boolean rehearses) {
    this.context = context;
    this.live = new LiveSettings(settings);
    this.rehearses = rehearses;
    this.clock = clock == null ? Clock.systemUTC() : clock;
    this.attempts = new Attempts(settings.mode(), this.clock);
    this.devKey = DevKey.of(settings);
    this.management =
        live.join(ManagementToken.of(settings, System::nanoTime), settings, MANAGEMENT);
  }

  /**
   * Joins the runtime of a web application, creating it if there is none. For a listener or other
   * code of the application; each call needs one {@link #release()}.
   *
   * @throws ConfigurationException if settings are wrong; the log has said so in one ERROR
   * @throws DbException if the database cannot be reached; likewise
   */
  public static DrawbridgeRuntime acquire(ServletContext context) {
    return acquire(context, null);
  }

  /** As {@link #acquire(ServletContext)}, for a filter that is starting. */
  public static DrawbridgeRuntime acquire(FilterConfig config) {
    return acquire(config.getServletContext(), Component.of(config));
  }

  /** As {@link #acquire(ServletContext)}, for a servlet that is starting. */
  public static DrawbridgeRuntime acquire(ServletConfig config) {
    return acquire(config.getServletContext(), Component.of(config));
  }

  private static DrawbridgeRuntime acquire(ServletContext context, @Nullable Component starting) {
    LOCK.lock();
    try {
      if (context.getAttribute(FAILURE_ATTRIBUTE) instanceof RuntimeException failure) {
        throw failure;
      }
      DrawbridgeRuntime runtime = Brought.attribute(context::getAttribute, DrawbridgeRuntime.class);
      if (runtime == null) {
        runtime = start(context, starting);
        context.setAttribute(ATTRIBUTE, runtime);
      } else if (starting != null) {
        List<String> late = runtime.settings().late(starting);
        if (!late.isEmpty()) {
          throw logged(new ConfigurationException(late));
        }
      }
      if (starting != null) {
        runtime.checkOrigins();
      }
      runtime.references++;
      return runtime;
    } finally {
      LOCK.unlock();
    }
  }

  /**
   * One beside that of the web application, with nothing in common: for the warm-up, in which
   * filters and endpoint are run before anybody is there. It says nothing in the log; needs one
   * {@link #release()}.
   *
   * @param stage a context of its own, with a {@link UserSource} as attribute
   */
  public static DrawbridgeRuntime rehearsal(ServletContext stage, Settings settings) {
    DrawbridgeRuntime runtime = new DrawbridgeRuntime(stage, settings, null, true);
    runtime.references = 1;
    stage.setAttribute(ATTRIBUTE, runtime);
    return runtime;
  }

  /** True for {@link #rehearsal}: what one hears of a start is not said. */
  public boolean rehearses() {
    return rehearses;
  }

  /** Leaves; the last one closes what Drawbridge opened. */
  public void release() {
    LOCK.lock();
    try {
      if (references == 0) {
        return;
      }
      references--;
      if (references == 0) {
        context.removeAttribute(ATTRIBUTE);
        close();
      }
    } finally {
      LOCK.unlock();
    }
  }

  /** The settings of the web application, as they are in force. */
  public Settings settings() {
    return live.settings();
  }

  /** The settings with all that is made of them, which a reload replaces as a whole. */
  public LiveSettings live() {
    return live;
  }

  /** Development or production. */
  public DevMode mode() {
    return settings().mode();
  }

  /** The clock of every check of time; the system's unless the application brought another. */
  public Clock clock() {
    return clock;
  }

  /** The last handshakes. */
  public Attempts attempts() {
    return attempts;
  }

  /** The key to what dev mode shows. */
  public DevKey devKey() {
    return devKey;
  }

  /** What opens the routes of management. */
  public ManagementToken management() {
    return management.get();
  }

  /** The users, with the cache in front; nobody is in it where {@code DRAWBRIDGE_USERS=token}. */
  public UserDirectory users() {
    return usersOrOpen().directory();
  }

  /** The database under the users; null when the application brought users without one. */
  public @Nullable Database database() {
    return usersOrOpen().database();
  }

  /**
   * The database under the users or, where the application brought users without one, one that is
   * opened as the settings say and closed with this. For what keeps more than users in it.
   *
   * @throws DbException if the settings lead to none
   */
  public Database sharedDatabase() {
    Database ofUsers = database();
    if (ofUsers != null) {
      return ofUsers;
    }
    opening.lock();
    try {
      Database present = beside;
      if (present == null) {
        if (closed) {
          throw new IllegalStateException("Drawbridge of this web application has stopped");
        }
        present = Database.open(Users.databaseConfig(settings()));
        beside = present;
      }
      return present;
    } finally {
      opening.unlock();
    }
  }

  /**
   * Looks whether users can be found, once; for the filter that needs them, because the
   * application's listeners, which may create the tables, have run before it starts.
   *
   * @throws ConfigurationException if the query of the users or our own table is not usable
   */
  public void checkUsers() {
    Users open = usersOrOpen();
    Database database = open.database();
    if (!open.bySql() || database == null || !usersAreChecked.compareAndSet(false, true)) {
      return;
    }
    String problem = UserQueryCheck.problem(database, settings().string(Setting.USER_QUERY));
    if (problem != null) {
      throw new ConfigurationException(List.of(problem));
    }
  }

  /** The origins that are allowed; null where no filter of ours judges them. */
  public @Nullable OriginPolicy origins() {
    return Brought.attribute(context::getAttribute, OriginPolicy.class);
  }

  /**
   * Asks our own table for a user once, past the cache, as it is asked for who is not in it. For
   * the warm-up.
   *
   * @return false where users are found otherwise, so that nobody was asked
   * @throws DbException if the database cannot answer
   */
  public boolean looksUp(String subject) {
    Users open = usersOrOpen();
    Database database = open.database();
    if (!open.bySql() || database == null || settings().string(Setting.USER_QUERY) != null) {
      return false;
    }
    log.debug("users: {}", UserSource.table(database).load(subject).isPresent());
    return true;
  }

  /** The path by which a token becomes a user. */
  public HandshakeAuthenticator authenticator() {
    LiveSettings.Part<HandshakeAuthenticator> present = authenticator;
    if (present != null) {
      return present.get();
    }
    opening.lock();
    try {
      present = authenticator;
      if (present == null) {
        Users open = usersOrOpen();
        Settings settings = settings();
        HandshakeAuthenticator opened =
            HandshakeAuthenticator.open(
                settings,
                open.directory(),
                open.database(),
                Brought.by(context).revocations(),
                clock);
        try {
          present = live.join(opened, settings, AUTHENTICATOR);
        } catch (RuntimeException e) {
          opened.close();
          throw e;
        }
        authenticator = present;
      }
      return present.get();
    } finally {
      opening.unlock();
    }
  }

  private Users usersOrOpen() {
    Users present = users;
    if (present != null) {
      return present;
    }
    opening.lock();
    try {
      present = users;
      if (present == null) {
        if (closed) {
          throw new IllegalStateException("Drawbridge of this web application has stopped");
        }
        present = Users.open(settings(), Brought.by(context), loader());
        users = present;
      }
      return present;
    } finally {
      opening.unlock();
    }
  }

  private static DrawbridgeRuntime start(ServletContext context, @Nullable Component starting) {
    try {
      StartCheck.checkLibraries();
    } catch (ConfigurationException e) {
      context.setAttribute(FAILURE_ATTRIBUTE, e);
      throw logged(e);
    }
    Settings settings = Settings.of(context, starting);
    Brought brought = Brought.by(context);
    boolean authenticates = Registrations.mapsAuthentication(context);
    try {
      StartCheck.check(settings, brought, Registrations.mapsOrigins(context), authenticates);
      DrawbridgeRuntime runtime = new DrawbridgeRuntime(context, settings, brought.clock(), false);
      if (authenticates) {
        runtime.openOrClose();
      }
      runtime.jmx =
          SettingsSwitch.register(runtime.live, context.getContextPath(), runtime.loader());
      return runtime;
    } catch (RuntimeException e) {
      log.error(StartCheck.sentence(e, settings));
      // The container may go on to the next component, which must not say the same again.
      context.setAttribute(FAILURE_ATTRIBUTE, e);
      throw e;
    }
  }

  /** Once, by the first component: no filter can be added any more when one starts. */
  private void checkOrigins() {
    if (originsAreChecked.compareAndSet(false, true)
        && Registrations.areShown(context)
        && !Registrations.mapsOrigins(context)) {
      IneffectiveSettings.withoutOriginFilter(settings()).forEach(log::warn);
    }
  }

  private void openOrClose() {
    try {
      authenticator();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static ConfigurationException logged(ConfigurationException failure) {
    log.error(failure.getMessage());
    return failure;
  }

  /** Where the application's classes are; an embedded context may have no loader of its own. */
  private ClassLoader loader() {
    ClassLoader own = context.getClassLoader();
    ClassLoader thread = Thread.currentThread().getContextClassLoader();
    if (own != null) {
      return own;
    }
    return thread != null ? thread : ClassLoader.getSystemClassLoader();
  }

  private void close() {
    SettingsSwitch registered = jmx;
    jmx = null;
    if (registered != null) {
      registered.unregister();
    }
    // First: a reload that is under way would open keys anew.
    live.stop();
    opening.lock();
    try {
      closed = true;
      LiveSettings.Part<HandshakeAuthenticator> closing = authenticator;
      if (closing != null) {
        closing.leave();
        closing.get().close();
        authenticator = null;
      }
      Database alone = beside;
      if (alone != null) {
        alone.close();
        beside = null;
        JdbcDrivers.forget();
      }
      Users leaving = users;
      if (leaving != null) {
        leaving.close();
        users = null;
        if (leaving.ownsDatabase()) {
          JdbcDrivers.forget();
        }
      }
    } finally {
      opening.unlock();
    }
  }
}
