package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.log.Appender;
import dev.drawbridge.endpoint.internal.channels.log.ChannelLog;
import dev.drawbridge.endpoint.internal.channels.log.Control;
import dev.drawbridge.endpoint.internal.channels.log.ControlNumbers;
import dev.drawbridge.endpoint.internal.channels.log.PublishFailure;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What concerns users and not channels, on all nodes: takes effect here at once and goes through
 * the log to the others; what they have ordered takes effect when it is tailed. Thread-safe.
 */
public final class Orders {
  private final ClusterEngine engine;
  private final ControlNumbers numbers;
  private final Effects effects;
  private final Appender appender;
  private final HubThreads threads;

  /** Has the tail apply an entry of this node to its subscriptions. */
  private final Consumer<Control> subscriptions;

  Orders(
      ClusterEngine engine,
      ControlNumbers numbers,
      Effects effects,
      Appender appender,
      HubThreads threads,
      Consumer<Control> subscriptions) {
    this.engine = engine;
    this.numbers = numbers;
    this.effects = effects;
    this.appender = appender;
    this.threads = threads;
    this.subscriptions = subscriptions;
  }

  /** Ends the subscriptions of a user by prefix. */
  public void unsubscribe(String subject, String prefix, ChannelHub.Published published) {
    Control control = new Control(Control.UNSUBSCRIBE, subject, prefix);
    // Now, so that an answer of the authoriser from before this is out of date.
    numbers.about(subject);
    subscriptions.accept(control);
    append(control, published);
  }

  /** Closes the connections of a user. */
  public void disconnect(String subject, String closeCode, ChannelHub.Published published) {
    numbers.about(subject);
    effects.disconnect(subject, closeCode);
    append(new Control(Control.DISCONNECT, subject, closeCode), published);
  }

  /** True if there may be other nodes. */
  public boolean concernOthers() {
    return engine.hasOthers();
  }

  /**
   * A connection that is not of this node gives way to one that is. Clients say so at each
   * reconnect, most often of one that has ended: it is told while the engine keeps up; else it ends
   * by its heartbeat.
   */
  public void replaced(String subject, String connectionId) {
    if (engine.hasOthers() && engine.health().state() == EngineHealth.State.UP) {
      threads.begin();
      appender.hint(new Control(Control.REPLACED, subject, connectionId).draft());
    }
  }

  /**
   * What this node knew of a user is out of date, so what others know is, too; null is everybody.
   */
  public void invalidated(@Nullable String subject) {
    if (subject == null) {
      numbers.aboutEverybody();
    } else {
      numbers.about(subject);
    }
    tellOthers(new Control(Control.INVALIDATE, subject, ""));
  }

  /**
   * This node has revoked tokens.
   *
   * @param subject whose, null when {@code detail} says which
   * @param detail what {@link Effects#revoked} makes something of
   */
  public void revoked(@Nullable String subject, String detail) {
    tellOthers(new Control(Control.REVOKE, subject, detail));
  }

  /** A developer has disabled a user at this node, or enabled. */
  public void disabled(String subject, boolean disabled) {
    tellOthers(new Control(disabled ? Control.DISABLE : Control.ENABLE, subject, ""));
  }

  private void tellOthers(Control control) {
    if (engine.hasOthers()) {
      threads.begin();
      appender.control(control.draft(), Control.everything().draft(), null);
    }
  }

  private void append(Control control, ChannelHub.Published published) {
    threads.begin();
    appender.control(
        control.draft(),
        Control.everything().draft(),
        new Appender.Outcome() {
          @Override
          public void appended(Position position, boolean repeat) {
            published.at(position);
          }

          @Override
          public void failed(PublishFailure failure) {
            published.failed(failure);
          }
        });
  }

  /** What the tail finds: control entries of other nodes, and lost continuity. */
  static final class Tailed implements ChannelLog.Listener {
    private final Effects effects;

    /** Asks for all rights once more. */
    private final Runnable recheck;

    Tailed(Effects effects, Runnable recheck) {
      this.effects = effects;
      this.recheck = recheck;
    }

    @Override
    public void control(Control control) {
      switch (control.word()) {
        case Control.DISCONNECT -> effects.disconnect(subject(control), control.detail());
        case Control.REPLACED -> effects.replaced(control.detail(), subject(control));
        case Control.INVALIDATE -> effects.invalidated(control.subject());
        case Control.REVOKE -> effects.revoked(control.subject(), control.detail());
        case Control.DISABLE -> effects.disabled(subject(control), true);
        case Control.ENABLE -> effects.disabled(subject(control), false);
        case Control.EVERYTHING -> checkEverything();
        default -> {
          // Subscriptions are ended by the log itself; what is unknown is of a later version.
        }
      }
    }

    private static String subject(Control control) {
      return control.subject() == null ? "" : control.subject();
    }

    @Override
    public void checkEverything() {
      effects.checkEverything();
      recheck.run();
    }
  }
}
