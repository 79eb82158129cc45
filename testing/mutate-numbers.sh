#!/usr/bin/env bash
# Changes each number that a document promises, one at a time, in a scratch copy, and runs the one
# test class that should mind. Says killed or survived for each, and ends with 1 when one survived.
# Not part of the tests: some minutes. Wants an installed build (`mvn install -DskipTests`).
#
#   testing/mutate-numbers.sh [-l] [words]      -l lists them; words choose those that hold them
#
# Options for Maven, such as -Dmaven.repo.local=…, come from MAVEN_ARGS.
set -euo pipefail
cd "$(dirname "$0")/.."

# file | sed expression | module | test class, or file of vitest for the client
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
endpoint-testkit/src/main/java/dev/drawbridge/endpoint/testkit/RecordingClient.java|s/PATIENCE = Duration.ofSeconds(10)/PATIENCE = Duration.ofSeconds(3)/|endpoint|PatienceTest
filters/src/main/java/dev/drawbridge/filters/jwt/keys/FileKeys.java|s/POLL_INTERVAL = Duration.ofSeconds(10)/POLL_INTERVAL = Duration.ofHours(10)/|filters|DocumentedNumbersTest
filters/src/main/java/dev/drawbridge/filters/jwt/keys/JwksUrlKeys.java|s/Duration.ofMinutes(10),/Duration.ofMinutes(500),/|filters|DocumentedNumbersTest
filters/src/main/java/dev/drawbridge/filters/jwt/keys/JwksUrlKeys.java|s/Duration.ofMinutes(1),/Duration.ofMillis(1),/|filters|DocumentedNumbersTest
filters/src/main/java/dev/drawbridge/filters/jwt/keys/JwksUrlKeys.java|s/Duration.ofHours(1),/Duration.ofHours(500),/|filters|DocumentedNumbersTest
filters/src/main/java/dev/drawbridge/filters/jwt/keys/JwksUrlKeys.java|s/Duration.ofHours(24)/Duration.ofDays(240)/|filters|DocumentedNumbersTest
filters/src/main/java/dev/drawbridge/filters/jwt/token/TokenVerifier.java|s/MAX_REMEMBERED = 10_000/MAX_REMEMBERED = 50/|filters|DocumentedNumbersTest
filters/src/main/java/dev/drawbridge/filters/jwt/token/TokenScreen.java|s/MAX_TOKEN_CHARS = 6144/MAX_TOKEN_CHARS = 8192/|filters|DocumentedNumbersTest
endpoint/src/main/java/dev/drawbridge/endpoint/internal/connection/ConnectionMonitor.java|s/RECHECK_NANOS = TimeUnit.SECONDS.toNanos(55)/RECHECK_NANOS = TimeUnit.SECONDS.toNanos(600)/|endpoint|DocumentedNumbersTest
endpoint/src/main/java/dev/drawbridge/endpoint/internal/diagnostics/DiagnosticsStream.java|s/MAX_LISTENERS = 8/MAX_LISTENERS = 3/|endpoint|DocumentedNumbersTest
endpoint/src/main/java/dev/drawbridge/endpoint/internal/receive/HandlerThreads.java|s/MAX_THREADS = 256/MAX_THREADS = 40/|endpoint|NumbersTest
endpoint/src/main/java/dev/drawbridge/endpoint/internal/receive/HandlerThreads.java|s/MAX_REPLACED = 256/MAX_REPLACED = 60/|endpoint|DocumentedNumbersTest
endpoint/src/main/java/dev/drawbridge/endpoint/internal/server/RevocationWatch.java|s/PERIOD_NANOS = TimeUnit.SECONDS.toNanos(3)/PERIOD_NANOS = TimeUnit.SECONDS.toNanos(8)/|endpoint|DocumentedNumbersTest
endpoint/src/main/java/dev/drawbridge/endpoint/internal/server/Drain.java|s/HANDLERS_NANOS = TimeUnit.SECONDS.toNanos(10)/HANDLERS_NANOS = TimeUnit.SECONDS.toNanos(60)/|endpoint|DocumentedNumbersTest
endpoint/src/main/java/dev/drawbridge/endpoint/internal/server/Drain.java|s/MAX_SPREAD_MS = 30_000/MAX_SPREAD_MS = 60_000/|endpoint|DocumentedNumbersTest
db/src/main/java/dev/drawbridge/db/Database.java|s/CLOSE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5)/CLOSE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1)/|db|DocumentedNumbersTest
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
