package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.DbBusyException;
import dev.drawbridge.db.DbConfigException;
import dev.drawbridge.db.DbMappingException;
import dev.drawbridge.db.DbTimeoutException;
import dev.drawbridge.db.user.Lookup.Source;
import dev.drawbridge.db.user.UserLookupUnavailableException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of the cache, one caller at a time. */
class UserDirectoryTest extends UserDirectoryFixture {
  @Test
  void aYoungUserIsReturnedWithoutAskingAgain() {
    source.put("alice");

    Lookup first = users.find("alice");
    pass(29);
    Lookup second = users.find("alice");

    assertThat(first.source()).isEqualTo(Source.LOADED);
    assertThat(second.source()).isEqualTo(Source.CACHE);
    assertThat(second.age()).isEqualTo(Duration.ofSeconds(29));
    assertThat(second.user()).isEqualTo(first.user()).isPresent();
    assertThat(source.loads).hasValue(1);
  }

  @Test
  void anOlderUserIsReturnedAtOnceAndReadAgainInTheBackground() {
    source.put("alice");
    users.find("alice");
    pass(30);

    Lookup old = users.find("alice");
    await(() -> source.loads.get() == 2 && users.stats().loading() == 0);

    assertThat(old.source()).isEqualTo(Source.CACHE);
    assertThat(users.find("alice").age()).isZero();
  }

  @Test
  void aUserPastTheTtlIsReadWhileTheCallerWaits() {
    source.put("alice");
    users.find("alice");
    pass(60);

    assertThat(users.find("alice").source()).isEqualTo(Source.LOADED);
    assertThat(source.loads).hasValue(2);
  }

  static List<RuntimeException> outages() {
    return List.of(
        outage(),
        new DbBusyException("busy", null),
        new DbTimeoutException("slow", null),
        new UserLookupUnavailableException("no directory server", null));
  }

  @ParameterizedTest
  @MethodSource("outages")
  void duringAnOutageAKnownUserIsReturnedUntilMaxStale(RuntimeException outage) {
    source.put("alice");
    users.find("alice");
    source.failure = outage;

    pass(61);
    Lookup stale = users.find("alice");
    pass(238);
    Lookup last = users.find("alice");
    pass(1);

    assertThat(stale.source()).isEqualTo(Source.STALE);
    assertThat(stale.age()).isEqualTo(Duration.ofSeconds(61));
    assertThat(last.source()).isEqualTo(Source.STALE);
    assertThat(refusal("alice")).isNotIn(Reason.FAILED, Reason.INTERRUPTED);
    assertThat(users.stats().staleAnswers()).isEqualTo(2);
  }

  @Test
  void afterAFailedReloadTheSourceIsLeftAloneForAMoment() {
    source.put("alice");
    users.find("alice");
    source.failure = outage();
    pass(61);

    users.find("alice");
    users.find("alice");
    assertThat(source.loads).hasValue(2);
    pass(1);
    users.find("alice");

    assertThat(source.loads).hasValue(3);
  }

  @Test
  void aFailingRefreshIsNotRepeatedForEveryCaller() {
    source.put("alice");
    users.find("alice");
    source.failure = outage();
    pass(31);

    users.find("alice");
    await(() -> users.stats().loadFailures() == 1 && users.stats().loading() == 0);
    users.find("alice");
    users.find("alice");

    assertThat(source.loads).hasValue(2);
    assertThat(users.find("alice").source()).isEqualTo(Source.CACHE);
  }

  @Test
  void asyncLookWithAnAgeReadsAnewWhatIsOlderAndIsNeverStale() {
    source.put("alice");
    users.find("alice");
    pass(20);

    var young = users.findAsync("alice", Duration.ofSeconds(21)).toCompletableFuture();
    var old = users.findAsync("alice", Duration.ofSeconds(20)).toCompletableFuture();

    assertThat(young.join().source()).isEqualTo(Source.CACHE);
    assertThat(old.join().source()).isEqualTo(Source.LOADED);
    assertThat(source.loads).hasValue(2);

    pass(20);
    source.failure = outage();
    assertThat(users.findAsync("alice", Duration.ofSeconds(10)).toCompletableFuture())
        .failsWithin(Duration.ofSeconds(5));
    assertThat(users.find("alice").source()).isEqualTo(Source.CACHE);
  }

  @Test
  void withoutMaxStaleAnOutageRefuses() {
    users.close();
    users = directory(config().maxStale(Duration.ZERO));
    source.put("alice");
    users.find("alice");
    source.failure = outage();
    pass(61);

    assertThat(refusal("alice")).isEqualTo(Reason.OUTAGE);
  }

  @Test
  void anErrorThatIsNoOutageIsNeverStaleNorUnknown() {
    source.put("alice");
    users.find("alice");
    source.failure = new DbMappingException("wrong column", null);
    pass(61);

    assertThat(refusal("alice")).isEqualTo(Reason.FAILED);
    assertThat(refusal("bob")).isEqualTo(Reason.FAILED);
  }

  @Test
  void anOutageIsNeverReportedAsUnknownUser() {
    source.failure = outage();

    assertThatThrownBy(() -> users.find("alice"))
        .isInstanceOf(UserLookupUnavailableException.class)
        .hasRootCauseMessage("away");
    assertThat(users.peek("alice")).isEmpty();
  }

  @Test
  void absenceIsRememberedBrieflyAndNeverStale() {
    assertThat(users.find("ghost").user()).isEmpty();
    pass(4);
    assertThat(users.find("ghost").source()).isEqualTo(Source.CACHE);
    assertThat(source.loads).hasValue(1);

    pass(1);
    source.failure = outage();

    assertThat(refusal("ghost")).isEqualTo(Reason.OUTAGE);
    source.failure = null;
    source.put("ghost");
    assertThat(users.find("ghost").user()).isPresent();
  }

  @Test
  void absenceIsNotReadAheadAndAnAbsentUserReplacesAKnownOne() {
    source.put("alice");
    users.find("alice");
    source.users.clear();
    pass(60);

    assertThat(users.find("alice").user()).isEmpty();
    pass(3);
    assertThat(users.find("alice").user()).isEmpty();
    assertThat(source.loads).hasValue(2);
    pass(2);
    source.put("alice");
    assertThat(users.find("alice").user()).isPresent();
    pass(1);
    assertThat(users.find("alice").source()).isEqualTo(Source.CACHE);
  }

  @Test
  void inventedSubjectsNeverPushRealUsersOut() {
    users.close();
    users = directory(config().maxEntries(100).maxNegativeEntries(50));
    for (int i = 0; i < 100; i++) {
      source.put("user-" + i);
      users.find("user-" + i);
    }
    for (int i = 0; i < 10_000; i++) {
      users.find("invented-" + i);
    }

    for (int i = 0; i < 100; i++) {
      assertThat(users.find("user-" + i).source()).isEqualTo(Source.CACHE);
    }
    assertThat(users.stats().absent()).isLessThanOrEqualTo(50);
    assertThat(users.stats().users()).isEqualTo(100);
  }

  @Test
  void afterInvalidateTheUserIsReadAgain() {
    source.put("alice");
    users.find("alice");

    users.invalidate("alice");

    assertThat(users.peek("alice")).isEmpty();
    assertThat(users.find("alice").source()).isEqualTo(Source.LOADED);
    users.invalidateAll();
    assertThat(users.peek("alice")).isEmpty();
  }

  @Test
  void noStaleCopySurvivesAnInvalidation() {
    source.put("alice");
    source.put("bob");
    users.find("alice");
    users.find("bob");
    source.failure = outage();

    users.invalidate("alice");
    assertThat(refusal("alice")).isEqualTo(Reason.OUTAGE);
    pass(61);
    assertThat(users.find("bob").source()).isEqualTo(Source.STALE);
    users.invalidateAll();
    assertThat(refusal("bob")).isEqualTo(Reason.OUTAGE);
  }

  @Test
  void listenersLearnOfInvalidationsAfterTheyTookPlace() {
    source.put("alice");
    users.find("alice");
    List<Optional<String>> seen = new ArrayList<>();
    List<Boolean> gone = new ArrayList<>();
    users.onInvalidate(
        subject -> {
          throw new IllegalStateException("logged only");
        });
    Registration registration =
        users.onInvalidate(
            subject -> {
              seen.add(Optional.ofNullable(subject));
              gone.add(users.peek("alice").isEmpty());
            });

    users.invalidate("alice");
    users.invalidateAll();
    registration.close();
    registration.close();
    users.invalidate("bob");

    assertThat(seen).containsExactly(Optional.of("alice"), Optional.empty());
    assertThat(gone).containsOnly(true);
    assertThat(users.stats().invalidations()).isEqualTo(3);
  }

  @Test
  void aMaximalAgeIsNeverExceeded() {
    source.put("alice");
    users.find("alice");
    pass(10);

    assertThat(users.find("alice", Duration.ofSeconds(11)).source()).isEqualTo(Source.CACHE);
    assertThat(users.find("alice", Duration.ofSeconds(10)).source()).isEqualTo(Source.LOADED);
    assertThat(users.find("alice", Duration.ZERO).source()).isEqualTo(Source.LOADED);
    assertThat(source.loads).hasValue(3);
    source.failure = outage();
    assertThatThrownBy(() -> users.find("alice", Duration.ZERO))
        .isInstanceOf(UserLookupUnavailableException.class);
    assertThat(users.find("alice").source()).isEqualTo(Source.CACHE);
  }

  @Test
  void aMaximalAgeMayBeOfAnySize() {
    source.put("alice");
    users.find("alice");
    Duration huge = Duration.ofSeconds(Long.MAX_VALUE);

    assertThat(users.find("alice", huge).source()).isEqualTo(Source.CACHE);
    assertThat(users.find("alice", huge.negated()).source()).isEqualTo(Source.LOADED);
    pass(61);
    source.failure = outage();
    assertThatThrownBy(() -> users.find("alice", huge))
        .isInstanceOf(UserLookupUnavailableException.class);
  }

  @Test
  void subjectsAreComparedExactly() {
    source.users.put("Alice", User.builder("alice").build());

    assertThat(users.find("Alice").user()).isEmpty();
  }

  @Test
  void suspendedUsersAreReturnedAsTheyAre() {
    source.users.put("bob", User.builder("bob").status(User.Status.SUSPENDED).build());

    assertThat(users.find("bob").user()).get().matches(user -> !user.isActive());
  }

  @Test
  void afterThreeOutagesTheSourceIsNotAskedUntilOneProbeSucceeds() {
    source.failure = outage();
    for (int i = 0; i < 10; i++) {
      assertThat(refusal("user-" + i)).isEqualTo(Reason.OUTAGE);
    }
    assertThat(source.loads).hasValue(3);

    pass(1);
    assertThat(refusal("one")).isEqualTo(Reason.OUTAGE);
    assertThat(refusal("two")).isEqualTo(Reason.OUTAGE);
    assertThat(source.loads).hasValue(4);

    pass(1);
    source.failure = null;
    assertThat(users.find("one").user()).isEmpty();
    assertThat(users.find("two").user()).isEmpty();
    assertThat(source.loads).hasValue(6);
  }

  @Test
  void jitterSpreadsTheTtlByATenth() {
    users.close();
    users = new UserDirectory(source, config().build(), nanos::get, () -> 0.0);
    source.put("alice");
    users.find("alice");
    pass(53);
    assertThat(users.find("alice").source()).isEqualTo(Source.CACHE);
    await(() -> users.stats().loading() == 0);
    int loads = source.loads.get();
    pass(54);
    users.find("alice");

    assertThat(source.loads.get()).isGreaterThan(loads);
  }

  @Test
  void rulesOfTheConfigurationAreChecked() {
    assertThat(UserDirectoryConfig.defaults().refreshAfter()).isEqualTo(Duration.ofSeconds(30));
    assertThatThrownBy(
            () ->
                UserDirectoryConfig.builder()
                    .ttl(Duration.ofSeconds(1))
                    .refreshAfter(Duration.ofSeconds(2))
                    .build())
        .hasMessage("refreshAfter (PT2S) must be <= ttl (PT1S)");
    assertThatThrownBy(() -> UserDirectoryConfig.builder().maxEntries(0).build())
        .isInstanceOf(DbConfigException.class)
        .hasMessage("maxEntries must be in [1, 2147483647]: 0");
    assertThatThrownBy(() -> config().maxStale(Duration.ofDays(365_000_000)).build())
        .isInstanceOf(DbConfigException.class)
        .hasMessageStartingWith("maxStale must be at most PT576H");
    UserDirectoryConfig read =
        UserDirectoryConfig.from(
            name ->
                name.equals("userCacheTtl") ? "90s" : name.equals("userCacheSize") ? "7" : null);
    assertThat(read.ttl()).isEqualTo(Duration.ofSeconds(90));
    assertThat(read.refreshAfter()).isEqualTo(Duration.ofSeconds(45));
    assertThat(read.maxEntries()).isEqualTo(7);
    assertThatThrownBy(() -> UserDirectoryConfig.from(name -> "soon"))
        .hasMessageContaining("userCacheTtl must be a duration");
  }
}
