#!/usr/bin/env bash
# Changes each number that a document promises, one at a time, in a scratch copy, and runs the one
# test class that should mind. Says killed or survived for each, and ends with 1 when one survived.
# Not part of the tests: half a minute for each. Wants an installed build (`mvn install -DskipTests`).
#
#   testing/mutate-numbers.sh [-l] [words]      -l lists them; words choose those that hold them
#
# Options for Maven, such as -Dmaven.repo.local=…, come from MAVEN_ARGS.
set -euo pipefail
cd "$(dirname "$0")/.."

# file, of Java by module and name | sed expression | module | test class, or file of vitest for the client
numbers() {
  cat <<'TABLE'
client/src/limits.ts|s/REQUEST_TIMEOUT_MS = 35_000/REQUEST_TIMEOUT_MS = 3_000/|client|test/numbers.test.ts
client/src/limits.ts|s/MAX_QUEUED = 256/MAX_QUEUED = 40/|client|test/numbers.test.ts
client/src/limits.ts|s/MAX_QUEUED_BYTES = 1_048_576/MAX_QUEUED_BYTES = 100_000/|client|test/numbers.test.ts
client/src/limits.ts|s/FRESH_MS = 10_000/FRESH_MS = 19_000/|client|test/numbers.test.ts
client/src/limits.ts|s/REDISCOVER_EVERY = 3/REDISCOVER_EVERY = 30/|client|test/numbers.test.ts
client/src/limits.ts|s/MIN_GAP_MS = 1_000/MIN_GAP_MS = 500/|client|test/numbers.test.ts
client/src/limits.ts|s/STABLE_MS = 5_000/STABLE_MS = 500/|client|test/numbers.test.ts
client/src/limits.ts|s/BASE_MS = 500/BASE_MS = 250/|client|test/numbers.test.ts
client/src/limits.ts|s/CAP_MS = 30_000/CAP_MS = 60_000/|client|test/numbers.test.ts
client/src/limits.ts|s/SLOW_ATTEMPT = 4/SLOW_ATTEMPT = 2/|client|test/numbers.test.ts
client/src/limits.ts|s/TOKEN_MS = 10_000/TOKEN_MS = 20_000/|client|test/numbers.test.ts
client/src/limits.ts|s/STUCK_MS = 60_000/STUCK_MS = 600_000/|client|test/numbers.test.ts
client/src/limits.ts|s/ OPEN_MS = 4_000/ OPEN_MS = 2_500/|client|test/numbers.test.ts
client/src/limits.ts|s/LONGEST_OPEN_MS = 30_000/LONGEST_OPEN_MS = 60_000/|client|test/numbers.test.ts
client/src/limits.ts|s/WELCOME_MS = 5_000/WELCOME_MS = 4_000/|client|test/numbers.test.ts
client/src/limits.ts|s/PROBE_MS = 5_000/PROBE_MS = 9_000/|client|test/numbers.test.ts
client/src/limits.ts|s/OFFLINE_MS = 1_500/OFFLINE_MS = 5_000/|client|test/numbers.test.ts
client/src/limits.ts|s/MAX_PENDING = 1_024/MAX_PENDING = 2_048/|client|test/numbers.test.ts
endpoint-testkit/RecordingClient.java|s/PATIENCE = Duration.ofSeconds(10)/PATIENCE = Duration.ofSeconds(3)/|endpoint|PatienceTest
filters/FileKeys.java|s/POLL_INTERVAL = Duration.ofSeconds(10)/POLL_INTERVAL = Duration.ofHours(10)/|filters|DocumentedNumbersTest
filters/JwksUrlKeys.java|s/Duration.ofMinutes(10),/Duration.ofMinutes(500),/|filters|DocumentedNumbersTest
filters/JwksUrlKeys.java|s/Duration.ofMinutes(1),/Duration.ofMillis(1),/|filters|DocumentedNumbersTest
filters/JwksUrlKeys.java|s/Duration.ofHours(1),/Duration.ofHours(500),/|filters|DocumentedNumbersTest
filters/JwksUrlKeys.java|s/Duration.ofHours(24)/Duration.ofDays(240)/|filters|DocumentedNumbersTest
filters/TokenVerifier.java|s/MAX_REMEMBERED = 10_000/MAX_REMEMBERED = 50/|filters|DocumentedNumbersTest
filters/TokenScreen.java|s/MAX_TOKEN_CHARS = 6144/MAX_TOKEN_CHARS = 8192/|filters|DocumentedNumbersTest
filters/ClaimRules.java|s/MAX_ID_CODE_POINTS = 255/MAX_ID_CODE_POINTS = 300/|filters|DocumentedNumbersTest
filters/StrictJson.java|s/MAX_DEPTH = 32/MAX_DEPTH = 64/|filters|DocumentedNumbersTest
filters/Refusals.java|s/MAX_SHOWN_CHARS = 64/MAX_SHOWN_CHARS = 32/|filters|DocumentedNumbersTest
filters/Attempts.java|s/MAX_ID_LENGTH = 64/MAX_ID_LENGTH = 100/|filters|DocumentedNumbersTest
filters/RefusalLog.java|s/MAX_NEW_KEYS = 60/MAX_NEW_KEYS = 90/|filters|DocumentedNumbersTest
filters/RefusalLog.java|s/Duration.ofMinutes(1).toMillis/Duration.ofMinutes(10).toMillis/|filters|RefusalLogTest
filters/SecretStrength.java|s/MIN_BYTES = 32/MIN_BYTES = 16/|filters|DocumentedNumbersTest
filters/HandshakeLog.java|s/WARNINGS_PER_MINUTE = 10/WARNINGS_PER_MINUTE = 30/|filters|DocumentedNumbersTest
filters/SwallowedHandshakes.java|s/LINES_PER_MINUTE = 10/LINES_PER_MINUTE = 30/|filters|SwallowedHandshakesTest
filters/LogBudget.java|s/TimeUnit.MINUTES.toNanos(1)/TimeUnit.MINUTES.toNanos(10)/|filters|LogBudgetTest
filters/FailureLimiter.java|s/WINDOW = Duration.ofMinutes(1)/WINDOW = Duration.ofMinutes(10)/|filters|FailureLimiterTest
filters/ManagementToken.java|s/MIN_BYTES = 16/MIN_BYTES = 8/|filters|ManagementTokenTest
endpoint/ConnectionMonitor.java|s/RECHECK_NANOS = TimeUnit.SECONDS.toNanos(55)/RECHECK_NANOS = TimeUnit.SECONDS.toNanos(600)/|endpoint|DocumentedNumbersTest
endpoint/DiagnosticsStream.java|s/MAX_LISTENERS = 8/MAX_LISTENERS = 3/|endpoint|DocumentedNumbersTest
endpoint/HandlerThreads.java|s/MAX_THREADS = 256/MAX_THREADS = 40/|endpoint|NumbersTest
endpoint/HandlerThreads.java|s/MAX_REPLACED = 256/MAX_REPLACED = 60/|endpoint|DocumentedNumbersTest
endpoint/RevocationWatch.java|s/PERIOD_NANOS = TimeUnit.SECONDS.toNanos(3)/PERIOD_NANOS = TimeUnit.SECONDS.toNanos(8)/|endpoint|DocumentedNumbersTest
endpoint/Drain.java|s/HANDLERS_NANOS = TimeUnit.SECONDS.toNanos(10)/HANDLERS_NANOS = TimeUnit.SECONDS.toNanos(60)/|endpoint|DocumentedNumbersTest
endpoint/Drain.java|s/MAX_SPREAD_MS = 30_000/MAX_SPREAD_MS = 60_000/|endpoint|DocumentedNumbersTest
endpoint/Heartbeat.java|s/MAX_JITTER = 0.1/MAX_JITTER = 0.05/|endpoint|HeartbeatSpreadTest
endpoint/Continuations.java|s/MAX_REPLACED = 192/MAX_REPLACED = 20/|endpoint|StageNumbersTest
endpoint/Admission.java|s/WAIT_MS = 500/WAIT_MS = 5_000/|endpoint|DocumentedNumbersTest
endpoint/RateLimit.java|s/BEAT_BURST = 50/BEAT_BURST = 500/|endpoint|DocumentedNumbersTest
endpoint/RateLimit.java|s/MAX_OVERRUN_NANOS = TimeUnit.SECONDS.toNanos(10)/MAX_OVERRUN_NANOS = TimeUnit.SECONDS.toNanos(100)/|endpoint|DocumentedNumbersTest
endpoint/InvalidMessages.java|s/ MAX = 10/ MAX = 50/|endpoint|DocumentedNumbersTest
endpoint/Credential.java|s/WARNING = Duration.ofSeconds(60)/WARNING = Duration.ofSeconds(6)/|endpoint|DocumentedNumbersTest
endpoint/FrameLog.java|s/SIZE = 16/SIZE = 6/|endpoint|DocumentedNumbersTest
endpoint/DiagnosticsDocument.java|s/ATTEMPTS = 100/ATTEMPTS = 20/|endpoint|DocumentedNumbersTest
endpoint/Reauthentication.java|s/PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10)/PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1)/|endpoint|DocumentedNumbersTest
db/Database.java|s/CLOSE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5)/CLOSE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1)/|db|DocumentedNumbersTest
db/RetryPause.java|s/LONGEST_MS = 500/LONGEST_MS = 1_400/|db|DocumentedNumbersTest
db/RetryPause.java|s/LOGIN_MS = 3_000/LOGIN_MS = 300/|db|DocumentedNumbersTest
db/HealthCheck.java|s/KEEP_NANOS = TimeUnit.SECONDS.toNanos(1)/KEEP_NANOS = TimeUnit.SECONDS.toNanos(30)/|db|DocumentedNumbersTest
db/Query.java|s/DEFAULT_MAX_ROWS = 10_000/DEFAULT_MAX_ROWS = 1_000/|db|DocumentedNumbersTest
db/Query.java|s/DEFAULT_FETCH_SIZE = 500/DEFAULT_FETCH_SIZE = 50/|db|DocumentedNumbersTest
db/Batch.java|s/DEFAULT_CHUNK = 500/DEFAULT_CHUNK = 100/|db|DocumentedNumbersTest
db/OpenSessions.java|s/PLACES_ONE_IN = 16/PLACES_ONE_IN = 64/|db|DocumentedNumbersTest
db/Breaker.java|s/FAILURES = 3/FAILURES = 5/|db|DocumentedNumbersTest
db/SqlUserSource.java|s/BATCH = 200/BATCH = 100/|db|DocumentedNumbersTest
db/UserDirectory.java|s/JITTER = 0.1/JITTER = 0.3/|db|DocumentedNumbersTest
db/Loader.java|s/REPORT_NANOS = TimeUnit.MINUTES.toNanos(1)/REPORT_NANOS = TimeUnit.MINUTES.toNanos(9)/|db|LoadReportTest
TABLE
}

list=false
[ "${1:-}" = -l ] && { list=true && shift; }
chosen=$(numbers | grep -F -- "${1:-}") || { echo "none of them holds: $1" >&2 && exit 2; }
$list && { echo "$chosen" && exit 0; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# With what is built, so that only what a change touches is built again.
tar cf - --exclude=.git --exclude=node_modules . | tar xf - -C "$scratch"
ln -s "$PWD/client/node_modules" "$scratch/client/node_modules"

passes() { # module, test
  if [ "$1" = client ]; then
    (cd "$scratch/client" && npx --no-install vitest run "$2")
  else
    # shellcheck disable=SC2086
    mvn -o -q ${MAVEN_ARGS:-} -f "$scratch/pom.xml" -pl "$3$1" test "-Dtest=$2" \
      -Dsurefire.failIfNoSpecifiedTests=false -Dspotless.check.skip -Dmaven.javadoc.skip
  fi
}

# Else a test that fails anyway would count as one that minds.
while IFS='|' read -r module test; do
  passes "$module" "$test" "" >"$scratch/output" 2>&1 </dev/null ||
    { cat "$scratch/output" && echo "$test of $module fails without a change" >&2 && exit 2; }
done < <(cut -d'|' -f3,4 <<<"$chosen" | sort -u)

survivors=0
while IFS='|' read -r file expression module test; do
  case "$file" in
    *.java)
      # Wherever in its module it stands.
      file=$(cd "$scratch" && find "${file%%/*}/src/main/java" -name "${file##*/}")
      [ -n "$file" ] && [ "$(wc -l <<<"$file")" = 1 ] ||
        { echo "not exactly one file: $file" >&2 && exit 2; }
      ;;
  esac
  cp "$scratch/$file" "$scratch/original"
  sed -i -- "$expression" "$scratch/$file"
  # A number of another module than the test's is built with it.
  owner=${file%%/src/*}
  also=""
  [ "$owner" = "$module" ] || also="$owner,"
  if cmp -s "$scratch/$file" "$scratch/original"; then
    verdict="MISSING, the expression fits nothing"
  elif passes "$module" "$test" "$also" >"$scratch/output" 2>&1 </dev/null; then
    verdict=SURVIVED
  elif grep -q 'COMPILATION ERROR\|Could not resolve dependencies\|No tests' "$scratch/output"; then
    verdict="BROKEN, see: $(grep -m1 'ERROR\|No tests' "$scratch/output")"
  else
    verdict=killed
  fi
  [ "$verdict" = killed ] || survivors=$((survivors + 1))
  printf '%-9s %s %s\n' "$verdict" "${file##*/}" "$expression"
  # Newer than its class file, so that the next build takes the number back.
  cp "$scratch/original" "$scratch/$file"
done <<<"$chosen"
exit $((survivors > 0))
