#!/usr/bin/env bash
# What two servers on one Redis cost and lose: bench/cluster.sh [--quick] [--name value ...]; README.md lists the arguments, common.sh the variables.
# Redis shares the processor of the servers. Without npm Socket.IO is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/common.sh
command -v redis-server >/dev/null || { echo "redis-server is not installed: apt-get install redis-server" >&2; exit 1; }
arguments=()
for argument in "$@"; do
  case $argument in
    --quick) arguments+=(--rounds 3 --seconds 4 --warm-up 30 --rest-seconds 5 --away 10) ;;
    *) arguments+=("$argument") ;;
  esac
done
build
install_peers || echo "no Socket.IO from npm: it is left out" >&2
say "$(redis-server --version | cut -d ' ' -f 1-3)"
drive cluster.ClusterBench --peers "$peers" ${arguments[@]+"${arguments[@]}"}
