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
 * of its channel, and a channel of one subscriber has no array.
 */
public final class Subscriptions {

  /** One connection in one channel. */
  private static final class Subscription {
    private final Channel channel;
    private final Subscriber subscriber;

    /** Its place in the array of the channel. */
    private int place;

    /** It wants to be told who comes and goes. */
    private boolean presence;

    private Subscription(Channel channel, Subscriber subscriber) {
      this.channel = channel;
      this.subscriber = subscriber;
    }
  }

  /** One channel that somebody is subscribed to. */
  private static final class Channel {
    private final String name;

    /** The only {@link Subscription}, or an array of them with room behind {@link #size}. */
    private @Nullable Object subscribers;

    private int size;

    private Channel(String name) {
      this.name = name;
    }

    private void add(Subscription one) {
      one.place = size;
      if (size == 0) {
        subscribers = one;
      } else if (subscribers instanceof Subscription only) {
        subscribers = new Subscription[] {only, one};
      } else if (subscribers instanceof Subscription[] many) {
        Subscription[] room = many;
        if (size == many.length) {
          room = new Subscription[size + (size >> 1)];
          System.arraycopy(many, 0, room, 0, size);
          subscribers = room;
        }
        room[size] = one;
      }
      size++;
    }

    /** The last one takes its place. */
    @SuppressWarnings("NullAway") // Room behind the size is null.
    private void remove(Subscription one) {
      size--;
      if (subscribers instanceof Subscription[] many) {
        Subscription last = many[size];
        many[one.place] = last;
        last.place = one.place;
        many[size] = null;
        if (size == 1) {
          subscribers = many[0];
        } else if (size < many.length / 4) {
          Subscription[] less = new Subscription[many.length / 2];
          System.arraycopy(many, 0, less, 0, size);
          subscribers = less;
        }
      } else {
        subscribers = null;
      }
    }
  }

  /** All subscriptions of one connection. Owned by the tail thread. */
  public static final class Held {
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

  private final Map<String, Channel> channels = new HashMap<>();

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
    Channel known = held == null ? null : channels.get(channel);
    return held == null || known == null ? null : held.find(known);
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
      present.presence = presence;
      return false;
    }
    Channel channel = channels.computeIfAbsent(name, Channel::new);
    Subscription one = new Subscription(channel, subscriber);
    one.presence = presence;
    channel.add(one);
    Held held = subscriber.held();
    if (held == null) {
      held = new Held();
      subscriber.held(held);
    }
    held.add(one);
    count++;
    channelCount = channels.size();
    return true;
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
    return names;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
  private void drop(Subscription one) {
    one.channel.remove(one);
    if (one.channel.size == 0) {
      channels.remove(one.channel.name);
    }
    count--;
    channelCount = channels.size();
  }

  /** The channels of a connection, as the log calls them. */
  public static List<String> names(Subscriber subscriber) {
    Held held = subscriber.held();
    List<String> names = new ArrayList<>();
    for (int i = 0; held != null && i < held.size; i++) {
      names.add(held.list[i].channel.name);
    }
    return names;
  }

  /** Those of them where the connection is told who comes and goes. */
  public static Set<String> watched(Subscriber subscriber) {
    Held held = subscriber.held();
    Set<String> names = new HashSet<>();
    for (int i = 0; held != null && i < held.size; i++) {
      if (held.list[i].presence) {
        names.add(held.list[i].channel.name);
      }
    }
    return names;
  }

  /** It is not told any more who comes and goes in a channel. */
  public void unwatch(Subscriber subscriber, String name) {
    Subscription present = find(subscriber, name);
    if (present != null) {
      present.presence = false;
    }
  }

  /**
   * Gives a frame to each subscriber of its channel.
   *
   * @param presence only to those who want to be told who comes and goes
   * @return to how many
   */
  public int send(Frame frame, boolean presence) {
    Channel channel = channels.get(frame.channel());
    if (channel == null) {
      return 0;
    }
    if (channel.subscribers instanceof Subscription only) {
      return send(only, frame, presence);
    }
    int sent = 0;
    if (channel.subscribers instanceof Subscription[] many) {
      // What a frame brings about reaches this thread as a task: nobody changes the array
      // meanwhile.
      for (int i = 0; i < channel.size; i++) {
        sent += send(many[i], frame, presence);
      }
    }
    return sent;
  }

  private static int send(Subscription one, Frame frame, boolean presence) {
    if (presence && !one.presence) {
      return 0;
    }
    one.subscriber.send(frame);
    return 1;
  }

  /** Each connection that is subscribed to something, once. */
  public void forEachSubscriber(Consumer<Subscriber> action) {
    Set<Subscriber> all = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Channel channel : channels.values()) {
      if (channel.subscribers instanceof Subscription only) {
        all.add(only.subscriber);
      } else if (channel.subscribers instanceof Subscription[] many) {
        for (int i = 0; i < channel.size; i++) {
          all.add(many[i].subscriber);
        }
      }
    }
    all.forEach(action);
  }

  /** The connections of a user that are subscribed to something. */
  public List<Subscriber> of(String subject) {
    List<Subscriber> found = new ArrayList<>();
    forEachSubscriber(
        one -> {
          if (one.subject().equals(subject)) {
            found.add(one);
          }
        });
    return found;
  }
}
