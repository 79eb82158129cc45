#!/usr/bin/env bash
# What channels cost: bench/channels.sh [--quick] [--name value ...]; README.md lists the arguments, common.sh the variables.
# Without npm the scenario "peers" is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/common.sh
arguments=()
for argument in "$@"; do
  case $argument in
    --quick) arguments+=(--rounds 3 --seconds 3 --warm-up 16 --storms 2) ;;
    *) arguments+=("$argument") ;;
  esac
done
build
if ! install_peers; then
  echo "no peers from npm: the scenario peers is left out" >&2
  arguments+=(--scenarios send,rate,storm,heap)
fi
say
drive channels.ChannelBench --peers "$peers" ${arguments[@]+"${arguments[@]}"}
