package dev.drawbridge.bench.load.logs;

import java.util.Arrays;
import java.util.Random;

/**
 * Who is subscribed to what in a simulated deployment, and which channel the next message is for.
 * Rooms are chosen by Zipf's law with exponent 1, so that a few are known to many. The same seed
 * gives the same people. Not thread-safe.
 */
final class Population {
  /** Channels of each client, its own one included. */
  static final int HELD = 6;

  /** One message of so many is for one user alone. */
  private static final int OWN_SHARE = 5;

  private final Random random;
  private final int rooms;
  private final int tenants;
  private final double[] cumulative;

  /** By client: numbers of channels. A number of {@code rooms} and above is a client's own one. */
  private final int[][] held;

  /**
   * Draws the clients.
   *
   * @param tenants between whom rooms are divided; 1 where everybody may be anywhere
   */
  Population(long seed, int clients, int rooms, int tenants) {
    this.random = new Random(seed);
    this.rooms = rooms;
    this.tenants = tenants;
    this.cumulative = new double[rooms];
    double sum = 0;
    for (int i = 0; i < rooms; i++) {
      sum += 1.0 / (i + 1);
      cumulative[i] = sum;
    }
    this.held = new int[clients][HELD];
    for (int client = 0; client < clients; client++) {
      int[] mine = held[client];
      mine[0] = room();
      for (int i = 1; i < HELD - 1; i++) {
        mine[i] = neighbour(mine[0]);
      }
      mine[HELD - 1] = rooms + client;
    }
  }

  /** A room, the first ones much oftener than the last. */
  private int room() {
    double at = random.nextDouble() * cumulative[rooms - 1];
    int found = Arrays.binarySearch(cumulative, at);
    return Math.min(rooms - 1, found < 0 ? -found - 1 : found);
  }

  /** A room of the same tenant. */
  private int neighbour(int room) {
    if (tenants == 1) {
      return room();
    }
    int tenant = room % tenants;
    int last = (rooms - 1 - tenant) / tenants;
    // The square of a chance prefers the first ones, as Zipf's law does.
    double chance = random.nextDouble();
    return tenant + tenants * (int) (chance * chance * (last + 1));
  }

  int clients() {
    return held.length;
  }

  /** Rooms and own channels together. */
  int channels() {
    return rooms + held.length;
  }

  /** What a client is subscribed to; not to be changed. */
  int[] held(int client) {
    return held[client];
  }

  /** The tenant of a channel; that of an own one is its client's. */
  int tenant(int channel) {
    return (channel < rooms ? channel : held[channel - rooms][0]) % tenants;
  }

  /** The channel of the next message. */
  int next() {
    return random.nextInt(OWN_SHARE) == 0 ? rooms + random.nextInt(held.length) : room();
  }

  /** A number below a bound. */
  int choose(int bound) {
    return random.nextInt(bound);
  }
}
