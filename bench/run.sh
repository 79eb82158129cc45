#!/usr/bin/env bash
# Runs the load driver: bench/run.sh [Compare|Scale|SeveralLogs|ColdStorm] [--name value ...]; README.md lists the arguments.
# bench/run.sh --before TREE compares with the build of another working tree; BUILD_ONLY=1 makes one there.
# The server gets the first processor and the driver the second, where taskset is.
# JAVA names another java than that of the path; OFFLINE=-o keeps Maven from asking for updates.
set -euo pipefail
cd "$(dirname "$0")/.."
main=Compare
case "${1:-}" in Compare | Scale | SeveralLogs | ColdStorm) main=$1; shift ;; esac
java=${JAVA:-java}
[ -n "${NO_BUILD:-}" ] || mvn -q -B ${OFFLINE:-} -pl bench -am test-compile dependency:build-classpath \
  -Dmdep.outputFile=target/classpath -DskipTests -Dmaven.javadoc.skip -Dspotless.check.skip
[ -z "${BUILD_ONLY:-}" ] || exit 0
ulimit -n "$(ulimit -Hn)"
echo "commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), $(date -u +%F)," \
  "$(nproc) processors, $(uname -sr), $("$java" -version 2>&1 | sed -n 2p)"
for ((i = 1; i < $#; i++)); do
  following=$((i + 1))
  [ "${!i}" != --before ] || echo "before: $(git -C "${!following}" rev-parse --short HEAD 2>/dev/null || echo unknown)"
done
pin=()
options=("-Dbench.java=$java")
case " $* " in
  *war*)
    # The version is that of the build.
    version=$(sed -n 's:.*<jetty.version>\(.*\)</jetty.version>.*:\1:p' pom.xml | head -1)
    home=$PWD/bench/target/jetty-home-$version
    [ -d "$home" ] || mvn -q -B ${OFFLINE:-} -N org.apache.maven.plugins:maven-dependency-plugin:unpack \
      -Dartifact="org.eclipse.jetty:jetty-home:$version:zip" -DoutputDirectory=bench/target
    options+=("-Dbench.jetty.home=$home")
    ;;
esac
case " $* " in
  *bun*)
    mkdir -p bench/target/channels
    cp bench/channels/*.json bench/target/channels
    [ -x bench/target/channels/node_modules/.bin/bun ] \
      || npm --prefix bench/target/channels ci --no-audit --no-fund --loglevel error
    ;;
esac
if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then
  pin=(taskset -c 1)
  options+=("-Dbench.cpu=0")
fi
exec ${pin[@]+"${pin[@]}"} "$java" "${options[@]}" \
  -cp "bench/target/classes:$(cat bench/target/classpath)" "dev.drawbridge.bench.load.$main" "$@"
