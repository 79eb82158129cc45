#!/usr/bin/env bash
# What `mvn jetty:run` costs a newcomer: bench/first-run.sh [Maven's options ...]; a clone and an empty repository below target/first-run.
# Says seconds until the sample can be opened, processor time of Maven's JVM, and what was fetched; then the same for a second start.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/target/first-run
rm -rf "$work"
mkdir -p "$work"
git clone -q . "$work/project"
cd "$work/project"
set -m
maven=
trap '[ -z "$maven" ] || kill -- "-$maven" 2>/dev/null || true' EXIT
for start in first second; do
  log=$work/$start.log
  began=$(date +%s%N)
  mvn -B --no-transfer-progress -Dmaven.repo.local="$work/repository" -Djetty.http.port=18080 jetty:run "$@" </dev/null >"$log" 2>&1 &
  maven=$!
  until grep -q 'Open http' "$log"; do
    kill -0 "$maven" 2>/dev/null || { tail -30 "$log" >&2; exit 1; }
    sleep 0.1
  done
  ended=$(date +%s%N)
  read -ra figures <"/proc/$maven/stat"
  awk -v start=$start -v nanos=$((ended - began)) -v ticks=$((figures[13] + figures[14])) -v second="$(getconf CLK_TCK)" \
    'BEGIN { printf "%s start: %.1f s, %.1f s of processor time\n", start, nanos / 1e9, ticks / second }'
  kill -TERM -- "-$maven"
  wait "$maven" || true
  find "$work/repository" -type f \( -name '*.jar' -o -name '*.pom' \) -printf '%s\n' |
    awk '{ bytes += $1 } END { printf "in the repository: %d files, %.1f MB\n", NR, bytes / 1e6 }'
done
uptime
