package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.internal.users.Breaker;
import dev.drawbridge.db.user.UserLookupUnavailableException.Reason;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The numbers tell what happened, and the caches forget all that they should. */
class UserDirectoryStatsTest extends UserDirectoryFixture {
  @Test
  void hitsAndEntriesAreCounted() {
    source.put("alice");
    users.find("alice");
    users.find("alice");
    users.find("mallory");

    // a refresh that nobody wanted would show as one more load
    await(() -> users.stats().loading() == 0);
    assertThat(users.stats().hits()).isEqualTo(1);
    assertThat(users.stats().loads()).isEqualTo(2);
    assertThat(users.stats().users()).isEqualTo(1);
    assertThat(users.stats().absent()).isEqualTo(1);
    assertThat(source.loads).hasValue(2);
  }

  @Test
  void aLoadUnderWayIsCountedAndForgottenWithAllOthers() throws Exception {
    source.put("alice");
    users.find("alice");
    users.find("mallory");
    source.gate = new CountDownLatch(1);
    CompletionStage<Lookup> late = users.findAsync("bob");
    assertThat(users.stats().loading()).isEqualTo(1);

    users.invalidateAll();
    source.gate.countDown();
    late.toCompletableFuture().get();

    assertThat(users.peek("alice")).isEmpty();
    assertThat(users.peek("mallory")).isEmpty();
    assertThat(users.peek("bob")).isEmpty();
  }

  @Test
  void anAbsentSubjectCanBeInvalidatedToo() {
    users.find("bob");
    source.put("bob");

    users.invalidate("bob");

    assertThat(users.find("bob").user()).isPresent();
  }

  @Test
  void theSourceIsAwayAfterThreeOutagesUntilItAnswersWhateverItSays() {
    source.failure = outage();
    for (int i = 0; i < Breaker.FAILURES; i++) {
      assertThat(users.stats().sourceAway()).isFalse();
      assertThat(refusal("alice")).isEqualTo(Reason.OUTAGE);
    }
    assertThat(users.stats().sourceAway()).isTrue();

    pass(2);
    source.failure = new IllegalStateException("an answer, if a bad one");
    assertThat(refusal("alice")).isEqualTo(Reason.FAILED);

    assertThat(users.stats().sourceAway()).isFalse();
  }
}
