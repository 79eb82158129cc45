package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.log.ChannelFigures;
import dev.drawbridge.endpoint.internal.channels.log.ControlNumbers;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.endpoint.internal.channels.subscription.Registration;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.message.ChannelRequest.Wanted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the rules of the application say to frames. Each question blocks as long as its authoriser
 * does. Thread-safe.
 */
final class Rights {

  /**
   * A frame that asks for channels, before its rights are known.
   *
   * @param wanted by the names that the client uses, in its order
   * @param presence it wants to be told who comes and goes
   */
  record Request(
      Subscriber subscriber,
      String id,
      boolean resume,
      Map<String, Wanted> wanted,
      boolean presence,
      long askedNanos) {}

  private final Rules rules;
  private final ControlNumbers numbers;
  private final ChannelFigures figures;

  Rights(Rules rules, ControlNumbers numbers, ChannelFigures figures) {
    this.rules = rules;
    this.numbers = numbers;
    this.figures = figures;
  }

  /** The same once they are known: one question for each rule, or one for each action. */
  Registration registration(Request request, Registration.Answer answer) throws Exception {
    Subscriber subscriber = request.subscriber;
    String subject = subscriber.subject();
    // Before the question: a control entry from here on makes the answer out of date.
    long number = numbers.of(subject);
    Map<String, ChannelCode> refused = new LinkedHashMap<>();
    Map<Rule, List<String>> byRule = new LinkedHashMap<>();
    Set<String> allowed = new HashSet<>();
    for (String name : request.wanted.keySet()) {
      ChannelCode no = name.equals(ChannelNames.OWN) ? null : unknown(name);
      Rule rule = rules.find(name);
      if (no != null) {
        refused.put(name, no);
      } else if (rule == null) {
        allowed.add(name);
      } else {
        byRule.computeIfAbsent(rule, one -> new ArrayList<>()).add(name);
      }
    }
    Set<String> watched = new HashSet<>();
    Set<String> members = new HashSet<>();
    for (Map.Entry<Rule, List<String>> one : byRule.entrySet()) {
      Rule rule = one.getKey();
      if (rule.hasPresence() && request.presence) {
        Granted both = subscribeAndSee(rule, subscriber, one.getValue());
        allowed.addAll(both.subscribe);
        members.addAll(both.subscribe);
        watched.addAll(both.see);
      } else {
        List<String> granted = granted(rule, subscriber, Rule.Action.SUBSCRIBE, one.getValue());
        allowed.addAll(granted);
        if (rule.hasPresence()) {
          members.addAll(granted);
        }
      }
    }
    List<String> inOrder = request.wanted.keySet().stream().filter(allowed::contains).toList();
    List<Registration.Refused> no = new ArrayList<>();
    Map<String, Position> positions = new HashMap<>();
    for (Wanted one : request.wanted.values()) {
      if (!allowed.contains(one.channel())) {
        no.add(
            new Registration.Refused(
                one.channel(), refused.getOrDefault(one.channel(), ChannelCode.CHANNEL_FORBIDDEN)));
      } else if (one.from() != null) {
        positions.put(ChannelNames.inLog(one.channel(), subject), one.from());
      }
    }
    return new Registration(
        subscriber,
        request.id,
        request.resume,
        inOrder,
        no,
        positions,
        watched,
        members,
        number,
        request.askedNanos,
        answer);
  }

  /** Why a user may not publish in a channel; null when it may. */
  @Nullable ChannelCode mayPublish(Subscriber subscriber, String channel) throws Exception {
    return channel.equals(ChannelNames.OWN)
        ? ChannelCode.PUBLISH_FORBIDDEN
        : may(subscriber, Rule.Action.PUBLISH, channel);
  }

  /** Why a user may not see who is in a channel; null when it may. */
  @Nullable ChannelCode maySee(Subscriber subscriber, String channel) throws Exception {
    Rule rule = rules.find(channel);
    return rule != null && ChannelNames.isValid(channel) && !rule.hasPresence()
        ? ChannelCode.CHANNEL_FORBIDDEN
        : may(subscriber, Rule.Action.PRESENCE, channel);
  }

  private @Nullable ChannelCode may(Subscriber subscriber, Rule.Action action, String channel)
      throws Exception {
    ChannelCode no = unknown(channel);
    Rule rule = rules.find(channel);
    if (no != null || rule == null) {
      return no;
    }
    return granted(rule, subscriber, action, List.of(channel)).isEmpty()
        ? ChannelCode.CHANNEL_FORBIDDEN
        : null;
  }

  /** True for what may be granted: users' own channel, and names that a rule is for. */
  boolean mayExist(String channel) {
    return channel.equals(ChannelNames.OWN)
        || (ChannelNames.isValid(channel) && rules.find(channel) != null);
  }

  /** Why there is no such channel; null when a rule is for it. */
  private @Nullable ChannelCode unknown(String channel) {
    if (!ChannelNames.isValid(channel)) {
      return ChannelCode.CHANNEL_INVALID;
    }
    if (rules.find(channel) == null) {
      figures.withoutRule(channel);
      return ChannelCode.CHANNEL_UNKNOWN;
    }
    return null;
  }

  /** Channels in which a user may subscribe, and those of them in which it may see who is there. */
  record Granted(List<String> subscribe, List<String> see) {}

  static Granted subscribeAndSee(Rule rule, Subscriber subscriber, List<String> channels)
      throws Exception {
    Rule.Both answer = rule.subscribeAndSee(subscriber, channels);
    List<String> subscribe = channels.stream().filter(answer.subscribe()::contains).toList();
    return new Granted(subscribe, subscribe.stream().filter(answer.see()::contains).toList());
  }

  /** Those of the channels that the authoriser names; what nobody has asked for does not count. */
  static List<String> granted(
      Rule rule, Subscriber subscriber, Rule.Action action, List<String> channels)
      throws Exception {
    Set<String> answer = rule.allowed(subscriber, action, List.copyOf(channels));
    return channels.stream().filter(answer::contains).toList();
  }
}
