# What the scripts beside it share; they source it from the root of the repository.
# JAVA names the java of the servers, where it is to be another one than that of the path; the driver stays with the latter.
# OFFLINE=-o keeps Maven from asking for updates; NO_BUILD=1 takes what is built.
java=${JAVA:-java}
driver=$(command -v java || echo "$java")
peers=bench/target/channels
options=("-Dbench.java=$java")
pin=()

build() {
  [ -n "${NO_BUILD:-}" ] || mvn -q -B ${OFFLINE:-} -pl bench -am process-test-classes dependency:build-classpath \
    -Dmdep.outputFile=target/classpath -DskipTests -Dmaven.javadoc.skip -Dspotless.check.skip
}

# Socket.IO and Bun, from npm, in the versions of bench/channels/package-lock.json; false where that cannot be done.
install_peers() {
  mkdir -p "$peers"
  cp bench/channels/*.json bench/channels/*.mjs "$peers"
  cmp -s bench/channels/package-lock.json "$peers/node_modules/installed.json" && return
  command -v npm >/dev/null \
    && npm --prefix "$peers" ci --no-audit --no-fund --loglevel error \
    && cp bench/channels/package-lock.json "$peers/node_modules/installed.json"
}

version() { # of a java
  "$1" -version 2>&1 | sed -n 2p
}

# Says what is measured where.
say() { # versions of what the servers stand on
  local each
  echo "commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), $(date -u +%F)," \
    "$(nproc) processors, $(uname -sr), load $(cut -d ' ' -f 1 /proc/loadavg 2>/dev/null || echo unknown)"
  for each in "$@"; do echo "$each"; done
  echo "servers: $(version "$java")"
  echo "driver: $(version "$driver")"
}

# The servers get the first processor and the driver the second, where taskset is.
drive() { # class, arguments
  local main=$1
  shift
  ulimit -n "$(ulimit -Hn)"
  if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then
    pin=(taskset -c 1)
    options+=("-Dbench.cpu=0")
  fi
  exec ${pin[@]+"${pin[@]}"} "$driver" "${options[@]}" \
    -cp "bench/target/classes:$(cat bench/target/classpath)" "dev.drawbridge.bench.load.$main" "$@"
}
