package dev.drawbridge.endpoint.internal.channels.subscription;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who is subscribed to what on this node, by channel and by connection. Owned by the tail thread,
 * but for the two counts.
 *
 * <p>Every step costs the same however many there are: a subscription knows its place in the array
 * of its channel. A channel of one subscriber is that subscription and nothing else.
 */
public final class Subscriptions {

  /** One connection in one channel. Of 24 bytes: there are many. */
  private static final class Subscription {
    /** The {@link Channel}, or the name of one that has this subscriber alone. */
    private Object channel;

    private final Subscriber subscriber;

    /** Twice its place in the array of the channel, and one more if it is told of presence. */
    private int placeAndPresence;

    private Subscription(Object channel, Subscriber subscriber) {
      this.channel = channel;
      this.subscriber = subscriber;
    }

    private String name() {
      return channel instanceof Channel shared ? shared.name : (String) channel;
    }

    private int place() {
      return placeAndPresence >> 1;
    }

    private void place(int place) {
      placeAndPresence = (place << 1) | (placeAndPresence & 1);
    }

    /** True if it wants to be told who comes and goes. */
    private boolean presence() {
      return (placeAndPresence & 1) != 0;
    }

    private void presence(boolean wanted) {
      placeAndPresence = (placeAndPresence & ~1) | (wanted ? 1 : 0);
    }
  }

  /** One channel that several are subscribed to. */
  private static final class Channel {
    private final String name;

    /** With room behind {@link #size}, which is two or more but within a step. */
    private Subscription[] subscribers;

    private int size;

    private Channel(String name, Subscription first) {
      this.name = name;
      this.subscribers = new Subscription[] {first, first};
      this.size = 1;
      first.channel = this;
      first.place(0);
    }

    private void add(Subscription one) {
      if (size == subscribers.length) {
        resize(size + (size >> 1));
      }
      one.place(size);
      subscribers[size++] = one;
    }

    /** The last one takes its place. */
    @SuppressWarnings("NullAway") // Room behind the size is null.
    private void remove(Subscription one) {
      size--;
      Subscription last = subscribers[size];
      subscribers[one.place()] = last;
      last.place(one.place());
      subscribers[size] = null;
      if (size < subscribers.length / 4) {
        resize(subscribers.length / 2);
      }
    }

    private void resize(int length) {
      Subscription[] room = new Subscription[length];
      System.arraycopy(subscribers, 0, room, 0, size);
      subscribers = room;
    }
  }

  /** The connections of one user, of which there are two or more. */
  private static final class Several {
    private final Set<Subscriber> all = Collections.newSetFromMap(new IdentityHashMap<>(4));
  }

  /** All subscriptions of one connection. Owned by the tail thread. */
  public static final class Held {
    /** Of a connection that has asked for channels and has none; never changed. */
    public static final Held NONE = new Held();

    private Subscription[] list = new Subscription[1];
    private int size;

    private Held() {}

    private @Nullable Subscription find(Channel channel) {
      for (int i = 0; i < size; i++) {
        if (list[i].channel == channel) {
          return list[i];
        }
      }
      return null;
    }

    private void add(Subscription one) {
      if (size == list.length) {
        Subscription[] room = new Subscription[size + Math.max(1, size >> 1)];
        System.arraycopy(list, 0, room, 0, size);
        list = room;
      }
      list[size++] = one;
    }

    @SuppressWarnings("NullAway") // Room behind the size is null.
    private void remove(Subscription one) {
      for (int i = 0; i < size; i++) {
        if (list[i] == one) {
          size--;
          list[i] = list[size];
          list[size] = null;
          return;
        }
      }
    }
  }

  /** The {@link Channel} of a name, or its only {@link Subscription}. */
  private final Map<String, Object> channels = new HashMap<>();

  /** By user the only {@link Subscriber} that is subscribed to something, or a set of several. */
  private final Map<String, Object> users = new HashMap<>();

  /** Written by the tail thread. */
  private volatile int count;

  /** Written by the tail thread. */
  private volatile int channelCount;

  /** How many there are, of all connections. Any thread. */
  public int count() {
    return count;
  }

  /** How many channels have a subscriber. Any thread. */
  public int channels() {
    return channelCount;
  }

  /** How many channels a connection is subscribed to. */
  public static int count(Subscriber subscriber) {
    Held held = subscriber.held();
    return held == null ? 0 : held.size;
  }

  public boolean contains(Subscriber subscriber, String channel) {
    return find(subscriber, channel) != null;
  }

  private @Nullable Subscription find(Subscriber subscriber, String channel) {
    Held held = subscriber.held();
    Object known = held == null ? null : channels.get(channel);
    if (known instanceof Subscription only) {
      return only.subscriber == subscriber ? only : null;
    }
    return held != null && known instanceof Channel shared ? held.find(shared) : null;
  }

  /**
   * Adds a subscription, or changes what it wants.
   *
   * @param presence to be told who comes and goes
   * @return false if it was there already
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
  public boolean add(Subscriber subscriber, String name, boolean presence) {
    Subscription present = find(subscriber, name);
    if (present != null) {
      present.presence(presence);
      return false;
    }
    Subscription one = entered(subscriber, name);
    one.presence(presence);
    Held held = subscriber.held();
    if (held == null) {
      held = new Held();
      subscriber.held(held);
      enter(subscriber);
    }
    held.add(one);
    count++;
    channelCount = channels.size();
    return true;
  }

  private Subscription entered(Subscriber subscriber, String name) {
    Object known = channels.get(name);
    if (known == null) {
      Subscription only = new Subscription(name, subscriber);
      channels.put(name, only);
      return only;
    }
    Channel shared;
    if (known instanceof Subscription first) {
      shared = new Channel(first.name(), first);
      channels.put(name, shared);
    } else {
      shared = (Channel) known;
    }
    Subscription one = new Subscription(shared, subscriber);
    shared.add(one);
    return one;
  }

  /** Ends a subscription; false if there was none. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
  public boolean remove(Subscriber subscriber, String name) {
    Subscription one = find(subscriber, name);
    Held held = subscriber.held();
    if (one == null || held == null) {
      return false;
    }
    held.remove(one);
    if (held.size == 0) {
      subscriber.held(null);
      leave(subscriber);
    }
    drop(one);
    return true;
  }

  /** Ends all of a connection, and gives their channels. */
  public List<String> removeAll(Subscriber subscriber) {
    Held held = subscriber.held();
    if (held == null) {
      return List.of();
    }
    List<String> names = names(subscriber);
    for (int i = 0; i < held.size; i++) {
      drop(held.list[i]);
    }
    subscriber.held(null);
    leave(subscriber);
    return names;
  }

  private void enter(Subscriber subscriber) {
    String subject = subscriber.subject();
    Object known = users.putIfAbsent(subject, subscriber);
    if (known instanceof Several several) {
      several.all.add(subscriber);
    } else if (known instanceof Subscriber only) {
      Several several = new Several();
      several.all.add(only);
      several.all.add(subscriber);
      users.put(subject, several);
    }
  }

  private void leave(Subscriber subscriber) {
    String subject = subscriber.subject();
    if (users.get(subject) instanceof Several several) {
      several.all.remove(subscriber);
      if (several.all.size() == 1) {
        users.put(subject, several.all.iterator().next());
      }
    } else {
      users.remove(subject, subscriber);
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
  private void drop(Subscription one) {
    if (one.channel instanceof Channel shared) {
      shared.remove(one);
      if (shared.size == 1) {
        Subscription only = shared.subscribers[0];
        only.channel = shared.name;
        channels.put(shared.name, only);
      }
    } else {
      channels.remove(one.name());
    }
    count--;
    channelCount = channels.size();
  }

  /** The channels of a connection, as the log calls them. */
  public static List<String> names(Subscriber subscriber) {
    Held held = subscriber.held();
    List<String> names = new ArrayList<>();
    for (int i = 0; held != null && i < held.size; i++) {
      names.add(held.list[i].name());
    }
    return names;
  }

  /** Those of them where the connection is told who comes and goes. */
  public static Set<String> watched(Subscriber subscriber) {
    Held held = subscriber.held();
    Set<String> names = new HashSet<>();
    for (int i = 0; held != null && i < held.size; i++) {
      if (held.list[i].presence()) {
        names.add(held.list[i].name());
      }
    }
    return names;
  }

  /** It is not told any more who comes and goes in a channel. */
  public void unwatch(Subscriber subscriber, String name) {
    Subscription present = find(subscriber, name);
    if (present != null) {
      present.presence(false);
    }
  }

  /**
   * Gives a frame to each subscriber of its channel.
   *
   * @param presence only to those who want to be told who comes and goes
   * @return to how many
   */
  public int send(Frame frame, boolean presence) {
    Object channel = channels.get(frame.channel());
    if (channel instanceof Subscription only) {
      return send(only, frame, presence);
    }
    int sent = 0;
    if (channel instanceof Channel shared) {
      // What a frame brings about reaches this thread as a task: nobody changes the array
      // meanwhile.
      for (int i = 0; i < shared.size; i++) {
        sent += send(shared.subscribers[i], frame, presence);
      }
    }
    return sent;
  }

  private static int send(Subscription one, Frame frame, boolean presence) {
    if (presence && !one.presence()) {
      return 0;
    }
    try {
      one.subscriber.send(frame);
      return 1;
    } catch (RuntimeException | Error e) {
      // The others get theirs.
      one.subscriber.failed(e);
      return 0;
    }
  }

  /** Each connection that is subscribed to something, once. */
  public void forEachSubscriber(Consumer<Subscriber> action) {
    // What is done may end some of them.
    List.copyOf(users.keySet()).forEach(subject -> of(subject).forEach(action));
  }

  /** The connections of a user that are subscribed to something. */
  public List<Subscriber> of(String subject) {
    Object known = users.get(subject);
    if (known instanceof Several several) {
      return List.copyOf(several.all);
    }
    return known instanceof Subscriber only ? List.of(only) : List.of();
  }
}
