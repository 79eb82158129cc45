#!/usr/bin/env bash
# What two servers on one Redis cost and lose: bench/cluster.sh [--quick] [--name value ...]; README.md lists the arguments.
# Redis and all servers share the first processor and the driver has the second, where taskset is. Socket.IO is
# installed from npm into target, in the versions of bench/channels/package.json; without npm it is left out.
# JAVA names another java than that of the path; OFFLINE=-o keeps Maven from asking for updates.
set -euo pipefail
cd "$(dirname "$0")/.."
java=${JAVA:-java}
command -v redis-server >/dev/null || { echo "redis-server is not installed: apt-get install redis-server" >&2; exit 1; }
arguments=()
for argument in "$@"; do
  case $argument in
    --quick) arguments+=(--rounds 3 --seconds 4 --warm-up 30 --rest-seconds 5 --away 10) ;;
    *) arguments+=("$argument") ;;
  esac
done
[ -n "${NO_BUILD:-}" ] || mvn -q -B ${OFFLINE:-} -pl bench -am process-test-classes dependency:build-classpath \
  -Dmdep.outputFile=target/classpath -DskipTests -Dmaven.javadoc.skip -Dspotless.check.skip
peers=bench/target/channels
mkdir -p "$peers"
cp bench/channels/*.json bench/channels/*.mjs "$peers"
if ! command -v npm >/dev/null || ! npm --prefix "$peers" ci --no-audit --no-fund --loglevel error; then
  echo "no Socket.IO from npm: it is left out" >&2
fi
ulimit -n "$(ulimit -Hn)"
echo "commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), $(date -u +%F)," \
  "$(nproc) processors, $(uname -sr), $("$java" -version 2>&1 | sed -n 2p), $(redis-server --version | cut -d ' ' -f 1-3), load $(cut -d ' ' -f 1 /proc/loadavg)"
pin=()
options=("-Dbench.java=$java")
if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then
  pin=(taskset -c 1)
  options+=("-Dbench.cpu=0")
fi
exec ${pin[@]+"${pin[@]}"} "$java" "${options[@]}" \
  -cp "bench/target/classes:$(cat bench/target/classpath)" dev.drawbridge.bench.load.ClusterBench \
  --peers "$peers" ${arguments[@]+"${arguments[@]}"}
