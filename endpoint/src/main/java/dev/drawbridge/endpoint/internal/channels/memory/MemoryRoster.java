package dev.drawbridge.endpoint.internal.channels.memory;

import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Lease;
import dev.drawbridge.endpoint.cluster.LeaseLost;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Roster;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The roster of one node on a {@link MemoryLog}. Each call is one step under the log's lock, its
 * presence entries included. Thread-safe.
 */
final class MemoryRoster implements Roster {
  private final MemoryLog log;
  private final Node node;
  private final LongAdder reaped = new LongAdder();

  /** Written under the log's lock, as the leases. */
  private volatile int nodes = 1;

  private volatile List<Lease> leases = List.of();
  private volatile @Nullable String about;

  MemoryRoster(MemoryLog log, Node node) {
    this.log = log;
    this.node = node;
  }

  /**
   * Compares who was in the channels before a step and after it. A subject whose connections come
   * and go within the step has neither joined nor left.
   */
  private final class Step {
    /** By channel and subject: was it there, and who it is. */
    private final Map<String, Map<String, Member>> touched = new LinkedHashMap<>();

    private final Map<String, Set<String>> before = new LinkedHashMap<>();

    /** Notes who is there, before the first change of this subject. */
    private void touch(Member member) {
      if (!member.isPresence()) {
        return;
      }
      Map<String, Member> subjects =
          touched.computeIfAbsent(member.group(), name -> new LinkedHashMap<>());
      boolean first = !subjects.containsKey(member.subject());
      subjects.put(member.subject(), member);
      if (first && log.members().isThere(member.group(), member.subject(), log.now())) {
        before.computeIfAbsent(member.group(), name -> new HashSet<>()).add(member.subject());
      }
    }

    private void append() {
      touched.forEach(
          (group, subjects) -> {
            Set<String> were = before.getOrDefault(group, Set.of());
            List<Member> joined = new ArrayList<>();
            List<String> left = new ArrayList<>();
            subjects.forEach(
                (subject, member) -> {
                  boolean is = log.members().isThere(group, subject, log.now());
                  if (is && !were.contains(subject)) {
                    joined.add(member);
                  } else if (!is && were.contains(subject)) {
                    left.add(subject);
                  }
                });
            if (!joined.isEmpty() || !left.isEmpty()) {
              String channel = group.substring(Member.CHANNEL.length());
              int count = log.members().subjects(group, log.now());
              log.appendPresence(node, Entry.presence(channel, joined, left, count, node.listed()));
            }
          });
    }
  }

  @Override
  public List<Member> begin(List<Member> members, int limit) {
    synchronized (log) {
      MemoryMembers all = log.members();
      List<Member> mine = all.of(node.id());
      // Members of the old lease count as nothing, so that whoever is here is told again.
      mine.forEach(all::remove);
      Set<Member> gone = new HashSet<>(mine);
      members.forEach(gone::remove);
      all.lease(node.id(), log.now() + LEASE_MS);
      nodes = all.live(log.now());
      List<Member> refused = new ArrayList<>();
      Step step = new Step();
      for (Member member : members) {
        step.touch(member);
        if (!member.isPresence()
            && limit > 0
            && all.live(member.group(), log.now()).size() >= limit) {
          refused.add(member);
        } else {
          all.add(member);
        }
      }
      step.append();
      tellGone(gone);
      return refused;
    }
  }

  /** Members that are removed already have left where nobody else of their subject is there. */
  private void tellGone(Set<Member> gone) {
    Map<String, Set<String>> left = new LinkedHashMap<>();
    for (Member member : gone) {
      if (member.isPresence()
          && !log.members().isThere(member.group(), member.subject(), log.now())) {
        left.computeIfAbsent(member.group(), name -> new HashSet<>()).add(member.subject());
      }
    }
    left.forEach(
        (group, subjects) ->
            log.appendPresence(
                node,
                Entry.presence(
                    group.substring(Member.CHANNEL.length()),
                    List.of(),
                    List.copyOf(subjects),
                    log.members().subjects(group, log.now()),
                    node.listed())));
  }

  @Override
  public void beat() throws LeaseLost {
    synchronized (log) {
      requireLease();
      long now = log.now();
      log.members().lease(node.id(), now + LEASE_MS);
      for (String dead : log.members().ended(now)) {
        Set<Member> gone = Set.copyOf(log.members().of(dead));
        gone.forEach(log.members()::remove);
        reaped.add(gone.size());
        tellGone(gone);
        // Last: who is interrupted before this is followed by the next.
        log.members().removeLease(dead);
      }
      nodes = log.members().live(now);
      log.members().about(node.id(), about);
      leases = log.members().leases(now);
    }
  }

  @Override
  public void about(String text) {
    about = text;
  }

  @Override
  public List<Lease> leases() {
    return leases;
  }

  @Override
  public Entered enter(Member member, int limit, @Nullable String replaces) throws LeaseLost {
    synchronized (log) {
      requireLease();
      Step step = new Step();
      step.touch(member);
      Member replaced = null;
      int others = 0;
      for (Member other : log.members().live(member.group(), log.now())) {
        if (other.connection().equals(replaces) && other.subject().equals(member.subject())) {
          replaced = other;
        } else if (!other.equals(member)) {
          others++;
        }
      }
      if (limit > 0 && others >= limit) {
        return new Entered(false, others);
      }
      if (replaced != null) {
        log.members().remove(replaced);
      }
      log.members().add(member);
      step.append();
      return new Entered(true, others);
    }
  }

  @Override
  public void change(List<Change> changes) throws LeaseLost {
    synchronized (log) {
      requireLease();
      Step step = new Step();
      for (Change change : changes) {
        step.touch(change.member());
        if (change.enters()) {
          log.members().add(change.member());
        } else {
          log.members().remove(change.member());
        }
      }
      step.append();
    }
  }

  @Override
  public Members members(String group, int max) {
    synchronized (log) {
      Map<String, Members.Present> subjects = new LinkedHashMap<>();
      for (Member member : log.members().live(group, log.now())) {
        subjects.merge(
            member.subject(),
            new Members.Present(member.subject(), member.displayName(), member.since(), 1),
            MemoryRoster::together);
      }
      List<Members.Present> list = subjects.values().stream().limit(max).toList();
      return new Members(log.head().top(), subjects.size(), list, list.size() < subjects.size());
    }
  }

  @Override
  public int nodes() {
    return nodes;
  }

  @Override
  public long reaped() {
    return reaped.sum();
  }

  private static Members.Present together(Members.Present one, Members.Present other) {
    return new Members.Present(
        one.subject(),
        one.displayName(),
        Math.min(one.since(), other.since()),
        one.connections() + other.connections());
  }

  private void requireLease() throws LeaseLost {
    if (!log.members().isLive(node.id(), log.now())) {
      throw new LeaseLost(node.id());
    }
  }
}
