package dev.drawbridge.cluster.redis;

import java.time.Duration;

/**
 * The names of a deployment's keys, all with one hash tag, so that a cluster of Redis keeps them in
 * one slot. Immutable.
 *
 * @param prefix in front of each
 * @param keep how long they outlive the last server
 */
record RedisKeys(String prefix, Duration keep) {
  static RedisKeys of(String cluster, Duration window) {
    Duration twice = window.multipliedBy(2);
    Duration hours = Duration.ofHours(3);
    return new RedisKeys(
        "{drawbridge:" + cluster + "}:", twice.compareTo(hours) > 0 ? twice : hours);
  }

  /** The stream. */
  String log() {
    return prefix + "log";
  }

  /** Epoch, newest number, identity, the last number of each node. */
  String head() {
    return prefix + "head";
  }

  /** Node and end of its lease. */
  String leases() {
    return prefix + "leases";
  }
}
