package dev.drawbridge.filters.jwt.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.jwt.Revocations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RevokedTokensTest {

  private static final Instant MOMENT = Instant.parse("2026-11-23T12:00:00.700Z");

  private final Revocations revocations =
      Revocations.inMemory(Duration.ofHours(24), Clock.systemUTC());

  @Test
  void revokedTokenAloneIsRevoked() {
    revocations.revoke("a", Instant.now().plusSeconds(60));
    revocations.revoke("late", Instant.now().minusSeconds(60));

    assertThat(revocations.isRevoked("alice", "a", MOMENT)).isTrue();
    assertThat(revocations.isRevoked("alice", "late", MOMENT)).isTrue();
    assertThat(revocations.isRevoked("alice", "b", MOMENT)).isFalse();
    assertThat(revocations.isRevoked("alice", null, MOMENT)).isFalse();
  }

  @Test
  void momentIsComparedInWholeSecondsAndOnlyMovesForward() {
    revocations.revokeBefore("alice", MOMENT);
    revocations.revokeBefore("alice", MOMENT.minusSeconds(60));

    Instant second = Instant.parse("2026-11-23T12:00:00Z");
    assertThat(revocations.isRevoked("alice", "x", second)).isFalse();
    assertThat(revocations.isRevoked("alice", "x", second.minusSeconds(1))).isTrue();
    assertThat(revocations.isRevoked("alice", "x", null)).isTrue();
    assertThat(revocations.isRevoked("bob", "x", second.minusSeconds(1))).isFalse();

    revocations.revokeBefore("alice", MOMENT.plusSeconds(1));
    assertThat(revocations.isRevoked("alice", "x", second)).isTrue();
  }
}
