package dev.drawbridge.endpoint.internal.channels.memory;

import dev.drawbridge.endpoint.cluster.Lease;
import dev.drawbridge.endpoint.cluster.Member;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Groups and leases of a {@link MemoryLog}, guarded by it. */
final class MemoryMembers {
  /** By group and subject; in the order of their coming. */
  private final Map<String, Map<String, List<Member>>> groups = new HashMap<>();

  /** What each node has. */
  private final Map<String, Set<Member>> ofNode = new HashMap<>();

  /** When each lease ends, in epoch milliseconds. */
  private final Map<String, Long> leases = new LinkedHashMap<>();

  /** What nodes tell of themselves. */
  private final Map<String, String> about = new HashMap<>();

  void clear() {
    groups.clear();
    ofNode.clear();
    leases.clear();
    about.clear();
  }

  void lease(String node, long until) {
    leases.put(node, until);
  }

  boolean isLive(String node, long now) {
    Long until = leases.get(node);
    return until != null && until > now;
  }

  /** How many nodes have a lease that has not ended. */
  int live(long now) {
    return (int) leases.values().stream().filter(until -> until > now).count();
  }

  /** Nodes whose leases have ended. */
  List<String> ended(long now) {
    List<String> ended = new ArrayList<>();
    leases.forEach(
        (node, until) -> {
          if (until <= now) {
            ended.add(node);
          }
        });
    return ended;
  }

  void about(String node, @Nullable String text) {
    if (text != null) {
      about.put(node, text);
    }
  }

  /** Of those that have not ended. */
  List<Lease> leases(long now) {
    return leases.entrySet().stream()
        .filter(lease -> lease.getValue() > now)
        .limit(Lease.MAX_LISTED)
        .map(lease -> new Lease(lease.getKey(), lease.getValue() - now, about.get(lease.getKey())))
        .toList();
  }

  void removeLease(String node) {
    leases.remove(node);
    about.remove(node);
  }

  List<Member> of(String node) {
    return List.copyOf(ofNode.getOrDefault(node, Set.of()));
  }

  void add(Member member) {
    List<Member> ofSubject =
        groups
            .computeIfAbsent(member.group(), name -> new LinkedHashMap<>())
            .computeIfAbsent(member.subject(), name -> new ArrayList<>(1));
    // The first one stays, and with it the time of its coming.
    if (!ofSubject.contains(member)) {
      ofSubject.add(member);
    }
    ofNode.computeIfAbsent(member.node(), name -> new LinkedHashSet<>()).add(member);
  }

  void remove(Member member) {
    groups.computeIfPresent(member.group(), (name, all) -> without(all, member));
    ofNode.computeIfPresent(
        member.node(),
        (name, all) -> {
          all.remove(member);
          return all.isEmpty() ? null : all;
        });
  }

  private static @Nullable Map<String, List<Member>> without(
      Map<String, List<Member>> all, Member member) {
    all.computeIfPresent(
        member.subject(),
        (name, some) -> {
          some.remove(member);
          return some.isEmpty() ? null : some;
        });
    return all.isEmpty() ? null : all;
  }

  /** The live members of a group, by subject in the order of their coming. */
  List<Member> live(String group, long now) {
    return groups.getOrDefault(group, Map.of()).values().stream()
        .flatMap(List::stream)
        .filter(member -> isLive(member.node(), now))
        .toList();
  }

  /** True if a subject has a live member in a group. */
  boolean isThere(String group, String subject, long now) {
    return groups.getOrDefault(group, Map.of()).getOrDefault(subject, List.of()).stream()
        .anyMatch(member -> isLive(member.node(), now));
  }

  /** Different subjects that are live in a group. */
  int subjects(String group, long now) {
    return (int)
        groups.getOrDefault(group, Map.of()).values().stream()
            .filter(some -> some.stream().anyMatch(member -> isLive(member.node(), now)))
            .count();
  }
}
