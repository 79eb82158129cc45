package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.subscription.Frame;
import dev.drawbridge.endpoint.internal.channels.subscription.Resync;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A connection whose sent frames a test reads. Not thread-safe. */
public final class FakeConnection implements Subscriber {
  private final String id;
  private final String subject;
  private Subscriptions.@Nullable Held held;

  /** What was sent and not read. */
  public final List<String> sent = new ArrayList<>();

  private boolean asked;
  boolean open = true;

  /** Frames of channels cannot be sent. */
  boolean broken;

  int room = 512;
  int roomBytes = 1024 * 1024;
  @Nullable Resync lastResync;

  public FakeConnection(String id, String subject) {
    this.id = id;
    this.subject = subject;
  }

  @Override
  public String connectionId() {
    return id;
  }

  @Override
  public User user() {
    return User.of(subject, subject.toUpperCase(Locale.ROOT), Set.of());
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void send(Frame frame) {
    if (broken) {
      throw new IllegalStateException("broken");
    }
    sent.add(frame.message().text());
  }

  @Override
  public void send(String type, String text) {
    sent.add(text);
  }

  @Override
  public void failed(Throwable cause) {
    open = false;
  }

  @Override
  public void ping(long seq) {
    sent.add("{\"type\":\"ping\",\"data\":{\"t\":1" + (seq < 0 ? "" : ",\"seq\":" + seq) + "}}");
  }

  @Override
  public boolean hasRoom(int frames, int bytes) {
    return frames <= room && bytes <= roomBytes;
  }

  @Override
  public void registered(
      Position position, @Nullable Position from, @Nullable Resync why, int replayed) {
    lastResync = why;
  }

  @Override
  public void useChannels() {
    asked = true;
  }

  @Override
  public boolean usesChannels() {
    return asked;
  }

  @Override
  public Subscriptions.@Nullable Held held() {
    return held;
  }

  @Override
  public void held(Subscriptions.@Nullable Held all) {
    held = all;
  }

  /** What was sent since the last call. */
  public List<String> take() {
    List<String> taken = List.copyOf(sent);
    sent.clear();
    return taken;
  }
}
