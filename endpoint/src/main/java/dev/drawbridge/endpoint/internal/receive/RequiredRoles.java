package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.db.user.User;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** The roles that a user must have, one of each set. Immutable. */
record RequiredRoles(List<Set<String>> oneOfEach) {
  static final RequiredRoles NONE = new RequiredRoles(List.of());

  RequiredRoles {
    oneOfEach = List.copyOf(oneOfEach);
  }

  /**
   * The same and one of these.
   *
   * @throws IllegalArgumentException if none is named, or one is blank
   */
  RequiredRoles and(String... oneOf) {
    if (oneOf.length == 0 || Arrays.stream(oneOf).anyMatch(String::isBlank)) {
      throw new IllegalArgumentException(
          "requires must name roles, none of them blank: " + Arrays.toString(oneOf));
    }
    List<Set<String>> more = new ArrayList<>(oneOfEach);
    more.add(Set.of(Arrays.stream(oneOf).distinct().toArray(String[]::new)));
    return new RequiredRoles(more);
  }

  /** True if nothing is asked for. */
  boolean isEmpty() {
    return oneOfEach.isEmpty();
  }

  /** True for a user who has a role of each set. */
  boolean areThoseOf(User user) {
    for (Set<String> oneOf : oneOfEach) {
      if (Collections.disjoint(oneOf, user.roles())) {
        return false;
      }
    }
    return true;
  }
}
