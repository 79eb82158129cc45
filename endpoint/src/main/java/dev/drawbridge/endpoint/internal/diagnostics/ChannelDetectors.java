package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.Finding;
import dev.drawbridge.endpoint.internal.Finding.Level;
import dev.drawbridge.endpoint.internal.diagnostics.ChannelSightings.Ago;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings.Resume;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is wrong with channels and what carries them. Stateless. */
final class ChannelDetectors {
  /** Fewer resumes that failed are no pattern: {@value}. */
  static final int MIN_FAILED = 5;

  /** A smaller share of them neither. */
  static final double FAILED_SHARE = 0.2;

  /** Fewer replays that did not fit are no pattern: {@value}. */
  static final int MIN_TOO_MANY = 3;

  /** Clocks that are closer than this are in order: {@value} ms. */
  static final long CLOCKS_MS = 5_000;

  private ChannelDetectors() {}

  /** All that is noticed, in the order of this class. */
  static List<Finding> findings(ChannelSightings seen) {
    List<Finding> found = new ArrayList<>();
    engineState(seen, found);
    lostContinuity(seen, found);
    failedResumes(seen, found);
    smallReplays(seen, found);
    withoutRule(seen, found);
    if (!seen.alone()) {
      engineSetUp(seen, found);
    }
    lostLeases(seen, found);
    lonelyLimit(seen, found);
    clocks(seen, found);
    outbox(seen, found);
    return found;
  }

  private static void outbox(ChannelSightings seen, List<Finding> found) {
    for (ChannelSource.State one : seen.sources()) {
      String trouble = one.trouble();
      if (trouble != null) {
        found.add(
            new Finding(
                "outbox_stopped",
                Level.ERROR,
                "What waits in the outbox is not relayed by this server",
                String.format(
                    "%s; since %s. What was committed stays in the table drawbridge_outbox and is"
                        + " sent later",
                    trouble, one.since()),
                "let this server reach the database and write to it, and apply the migrations"
                    + " V004 to V007 there; nothing has to be done here afterwards",
                null,
                1,
                List.of()));
      }
      if (one.elsewhere()) {
        found.add(
            new Finding(
                "outbox_elsewhere",
                Level.WARNING,
                "Another server relays the outbox, and pages of this one miss what it relays",
                "channels live in the memory of each server, and both relay the same table; while"
                    + " one server takes the place of another this passes",
                "let all servers of the deployment have one engine: DRAWBRIDGE_CLUSTER=sql with the"
                    + " same database, or redis; or give each deployment a schema of its own",
                null,
                1,
                List.of()));
      }
      ChannelSource.Rejection last = one.last();
      if (last != null) {
        found.add(
            new Finding(
                "outbox_rejected",
                Level.WARNING,
                "A row of the outbox could not be published and was moved aside",
                String.format(
                    "%d since the start; the last was %s at %s: %s",
                    one.rejected(), last.what(), last.at(), last.reason()),
                "mend whatever writes such rows, then put back what is still of use, mended, and"
                    + " delete the rest",
                "INSERT INTO drawbridge_outbox (channel, type, data) SELECT channel, type, data"
                    + " FROM drawbridge_outbox_rejected WHERE id = …;\n"
                    + "DELETE FROM drawbridge_outbox_rejected WHERE id = …;",
                (int) Math.min(Integer.MAX_VALUE, one.rejected()),
                List.of()));
      }
    }
  }

  private static void engineState(ChannelSightings seen, List<Finding> found) {
    String reason = seen.health().reason();
    if (seen.state() == EngineHealth.State.DOWN) {
      found.add(
          new Finding(
              "engine_down",
              Level.ERROR,
              "What carries channels is out of reach",
              String.format(
                  "%s, for %d s: %s. Publishes are refused with engine_unavailable; connections,"
                      + " subscriptions and other messages go on",
                  seen.info().engine(),
                  seen.sinceMs() / 1000,
                  reason == null ? "no reason known" : reason),
              fixOfDown(reason),
              null,
              1,
              List.of()));
    } else if (seen.state() == EngineHealth.State.BEHIND) {
      found.add(
          new Finding(
              "engine_behind",
              Level.WARNING,
              "What carries channels is slow",
              String.format(
                  "The last append of this server took %d ms to come back, and %d entries of the"
                      + " log have not reached it yet%s",
                  seen.health().lagMillis(), seen.behind(), reason == null ? "" : ": " + reason),
              "relieve the engine and the network between, publish less often or several messages"
                  + " in one, and look for long pauses of this server's garbage collector",
              null,
              1,
              List.of()));
    }
  }

  /** By the words of our own engines; any other reason has the general one. */
  private static String fixOfDown(@Nullable String reason) {
    String words = reason == null ? "" : reason.toLowerCase(Locale.ROOT);
    if (words.contains("no memory left")) {
      return "give it more memory, or let it hold less: a smaller DRAWBRIDGE_RESUME_WINDOW_BYTES and"
          + " _MESSAGES, or a server that it does not share; it goes on by itself";
    }
    if (words.contains("refuses user and password")) {
      return "set DRAWBRIDGE_CLUSTER_USER and DRAWBRIDGE_CLUSTER_PASSWORD_FILE to what it knows; the"
          + " file is read again at each try";
    }
    if (words.contains("may not do what is needed")) {
      return "give that user the rights that the README of the engine's jar names";
    }
    return "start it or mend the way to it; nothing has to be done here afterwards";
  }

  private static void lostContinuity(ChannelSightings seen, List<Finding> found) {
    Ago<ResetReason> reset = seen.reset();
    if (reset == null) {
      return;
    }
    found.add(
        new Finding(
            "log_reset",
            Level.WARNING,
            "The log of the channels has lost its continuity",
            String.format(
                "%s, %d s ago: every page was told to load anew; %d since the start",
                reset.what().word(), reset.ms() / 1000, seen.resets()),
            fix(reset.what()),
            null,
            (int) Math.min(Integer.MAX_VALUE, seen.resets()),
            List.of()));
  }

  private static String fix(ResetReason reason) {
    return switch (reason) {
      case LOG_LOST -> "find out who has emptied or restarted the engine, and let it keep its data";
      case HEAD_WENT_BACK ->
          "a backup was restored, or a failover has lost the newest entries: let the engine"
              + " replicate before it confirms";
      case TRIMMED ->
          "this server stood still for longer than the log reaches back: look for long pauses of"
              + " its garbage collector, or raise DRAWBRIDGE_RESUME_WINDOW_MESSAGES";
      default -> "a restart or failover of the engine; if none was planned, look at its own log";
    };
  }

  private static void failedResumes(ChannelSightings seen, List<Finding> found) {
    Map<Resume, Integer> failed = new TreeMap<>(seen.resumes());
    int all = failed.values().stream().mapToInt(Integer::intValue).sum();
    failed.remove(Resume.RESUMED);
    // These have a finding of their own.
    failed.remove(Resume.TOO_MANY);
    int count = failed.values().stream().mapToInt(Integer::intValue).sum();
    if (count < MIN_FAILED || count < FAILED_SHARE * all) {
      return;
    }
    Resume most =
        failed.entrySet().stream()
            .max(Comparator.comparingInt(Map.Entry::getValue))
            .orElseThrow()
            .getKey();
    found.add(
        new Finding(
            "resume_fails_often",
            Level.WARNING,
            "Pages that come back have to load anew",
            String.format(
                "%d of the last %d that wanted to go on from a position could not: %s",
                count,
                all,
                failed.entrySet().stream()
                    .map(one -> one.getValue() + " × " + one.getKey().reason())
                    .collect(Collectors.joining(", "))),
            fix(most, seen),
            null,
            count,
            List.of()));
  }

  private static String fix(Resume most, ChannelSightings seen) {
    return switch (most) {
      case TOO_OLD ->
          String.format(
              "they were away for longer than the window reaches back, %d s now: %s",
              seen.windowAgeMs() / 1000, bound(seen));
      case NODE_BEHIND ->
          "this server does not keep up with the others: look at engine_behind and at its"
              + " processor";
      case ENGINE_UNAVAILABLE -> "look at engine_down: the log was not open yet";
      case TOO_MANY_CHANNELS ->
          "they hold more channels than DRAWBRIDGE_CHANNELS_PER_CONNECTION: raise it, or let them"
              + " end those that are not shown";
      default ->
          seen.alone()
              ? "this server was started anew, and its log is its memory: pages load anew at each"
                  + " deployment as long as there is no engine behind it"
              : "their positions are of another log: look at log_reset, and whether the engine was"
                  + " restarted";
    };
  }

  /** Which of the three bounds it is that keeps the window short. */
  private static String bound(ChannelSightings seen) {
    if (seen.window().entries() >= seen.config().windowMessages()) {
      return "raise DRAWBRIDGE_RESUME_WINDOW_MESSAGES, it is full with "
          + seen.config().windowMessages();
    }
    if (seen.window().bytes() >= seen.config().windowBytes() / 10 * 9) {
      return "raise DRAWBRIDGE_RESUME_WINDOW_BYTES, it is full with " + seen.config().windowBytes();
    }
    return "raise DRAWBRIDGE_RESUME_WINDOW, it is " + seen.config().window().toSeconds() + "s";
  }

  private static void smallReplays(ChannelSightings seen, List<Finding> found) {
    int count = seen.resumes().getOrDefault(Resume.TOO_MANY, 0);
    if (count < MIN_TOO_MANY) {
      return;
    }
    found.add(
        new Finding(
            "replay_too_small",
            Level.WARNING,
            "Pages have missed more than may be replayed",
            String.format(
                "%d pages that came back had missed more than %d frames or %d bytes, or had no room"
                    + " for them in their send queue",
                count, seen.config().replayMessages(), seen.config().replayBytes()),
            "raise DRAWBRIDGE_REPLAY_MESSAGES and DRAWBRIDGE_REPLAY_BYTES, and above them"
                + " DRAWBRIDGE_SEND_QUEUE_FRAMES and DRAWBRIDGE_SEND_QUEUE_BYTES; or let pages"
                + " subscribe only to what they show",
            null,
            count,
            List.of()));
  }

  private static void withoutRule(ChannelSightings seen, List<Finding> found) {
    if (seen.withoutRule().isEmpty()) {
      return;
    }
    Map<String, Integer> names = new TreeMap<>(seen.withoutRule());
    String name = names.keySet().iterator().next();
    found.add(
        new Finding(
            "channel_without_rule",
            Level.WARNING,
            "A client wants a channel that has no rule",
            String.format(
                "asked for: %s; there are rules for %s",
                String.join(", ", names.keySet()),
                seen.prefixes().isEmpty() ? "no prefix" : String.join(", ", seen.prefixes())),
            name.startsWith("~")
                ? "a user's own channel is ~ alone; only the application publishes there, by"
                    + " publishToUser"
                : "mend the name in the page, or give its prefix a rule where the endpoint is"
                    + " configured",
            name.startsWith("~")
                ? null
                : "endpoint.channel(\""
                    + prefix(name)
                    + "\", rules -> rules\n"
                    + "    .authorize((user, action, channels) -> rights.allowed(user, channels)));",
            names.values().stream().mapToInt(Integer::intValue).sum(),
            List.of()));
  }

  /** Up to the first mark between its words. */
  private static String prefix(String name) {
    for (int i = 1; i < name.length(); i++) {
      if (":/.".indexOf(name.charAt(i)) >= 0) {
        return name.substring(0, i + 1);
      }
    }
    return name;
  }

  private static void engineSetUp(ChannelSightings seen, List<Finding> found) {
    if (!seen.info().eviction().isEmpty()) {
      found.add(
          new Finding(
              "engine_evicts",
              Level.WARNING,
              "The engine throws data away when its memory is full",
              "Its policy is "
                  + seen.info().eviction()
                  + ": the log can go as a whole, and every page has to load anew",
              "let it refuse writes instead, and give it memory for the window",
              seen.info().engine().equals("redis")
                  ? "CONFIG SET maxmemory-policy noeviction"
                  : null,
              1,
              List.of()));
    }
    if (seen.info().persistence().equals("none")) {
      found.add(
          new Finding(
              "engine_not_persistent",
              Level.NOTE,
              "The engine keeps nothing over its own restart",
              "When it restarts, the log begins anew and every page has to load anew",
              "switch its persistence on, or accept that",
              seen.info().engine().equals("redis") ? "CONFIG SET appendonly yes" : null,
              1,
              List.of()));
    }
    if (seen.info().wake().equals("deaf")) {
      found.add(
          new Finding(
              "listen_deaf",
              Level.WARNING,
              "The database's notifications do not arrive",
              "The engine listens and hears nothing, so it asks for new entries again and again"
                  + " instead: messages come later, and the database has more to do",
              "let it connect to the database itself: a pooler that hands out connections by"
                  + " transaction passes no notifications on",
              null,
              1,
              List.of()));
    }
  }

  private static void lostLeases(ChannelSightings seen, List<Finding> found) {
    Ago<String> lost = seen.leaseLost();
    if (lost != null) {
      found.add(
          new Finding(
              "lease_lost",
              Level.WARNING,
              "This server was away for so long that others took it for dead",
              String.format(
                  "%s, %d s ago; %d since the start. Whoever is connected here was shown as gone"
                      + " and is entered anew",
                  lost.what(), lost.ms() / 1000, seen.leasesLost()),
              "look for pauses of more than 15 s: of the garbage collector, of the virtual machine,"
                  + " of the network to the engine",
              null,
              (int) Math.min(Integer.MAX_VALUE, seen.leasesLost()),
              List.of()));
    }
  }

  private static void lonelyLimit(ChannelSightings seen, List<Finding> found) {
    Ago<String> alone = seen.limitAlone();
    if (alone != null) {
      found.add(
          new Finding(
              "limit_on_one_server",
              Level.WARNING,
              "The limit of a user's connections holds on each server by itself",
              String.format(
                  "For %d s: %s. A user may have DRAWBRIDGE_CONNECTIONS_PER_USER on each server;"
                      + " what is too many is closed with 1013 when the engine answers again",
                  alone.ms() / 1000, alone.what()),
              "start the engine of the channels or mend the way to it; nothing has to be done here"
                  + " afterwards",
              null,
              1,
              List.of()));
    }
  }

  private static void clocks(ChannelSightings seen, List<Finding> found) {
    long apart = seen.clockAheadMs();
    if (Math.abs(apart) > CLOCKS_MS) {
      found.add(
          new Finding(
              "clock_apart",
              Level.WARNING,
              "The clocks of this server and of the engine differ",
              String.format(
                  "The engine's is %d s %s",
                  Math.abs(apart) / 1000, apart > 0 ? "ahead" : "behind"),
              "set both clocks by NTP; a container's clock is that of its host or virtual machine",
              "timedatectl set-ntp true",
              1,
              List.of()));
    }
  }
}
