#!/usr/bin/env bash
# Runs the load driver: bench/run.sh [Compare|Scale|SeveralLogs|ColdStorm] [--name value ...]; README.md lists the arguments, common.sh the variables.
# bench/run.sh --before TREE compares with the build of another working tree; BUILD_ONLY=1 makes one there.
# What a target needs beside the build (jetty-home, Quarkus, Bun) is fetched when it is asked for.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/common.sh
main=Compare
case "${1:-}" in Compare | Scale | SeveralLogs | ColdStorm) main=$1; shift ;; esac
build
[ -z "${BUILD_ONLY:-}" ] || exit 0

targets=""
before=""
for ((i = 1; i < $#; i++)); do
  following=$((i + 1))
  case "${!i}" in
    --targets) targets=${!following} ;;
    --before) before=${!following} ;;
  esac
done
if [ "$main" = Compare ] && [ -z "$targets$before" ]; then
  targets=bare,war,hs256,quarkus,bun
  set -- "$@" --targets "$targets"
fi

# ColdStorm's are parted by semicolons, with options behind their names.
names=$(tr ';' ',' <<<"$targets" | sed 's/ [^,]*//g')
has() { case ",$names," in *",$1,"*) ;; *) false ;; esac }
versions=()
if has war; then
  # The versions are those of the build; by the one project that has no parent, which a repository may not hold yet.
  version=$(sed -n 's:.*<jetty.version>\(.*\)</jetty.version>.*:\1:p' pom.xml | head -1)
  plugin=$(sed -n '/>maven-dependency-plugin</,/version/s:.*<version>\(.*\)</version>.*:\1:p' pom.xml | head -1)
  home=$PWD/bench/target/jetty-home-$version
  [ -f "$home/start.jar" ] || mvn -q -B ${OFFLINE:-} -f bom/pom.xml "org.apache.maven.plugins:maven-dependency-plugin:$plugin:unpack" \
    -Dartifact="org.eclipse.jetty:jetty-home:$version:zip" -DoutputDirectory="$PWD/bench/target"
  options+=("-Dbench.jetty.home=$home")
  versions+=("jetty-home $version")
fi
if has quarkus; then
  jar=bench/target/quarkus/quarkus-app/quarkus-run.jar
  [ -f "$jar" ] && [ -z "$(find bench/quarkus -type f -newer "$jar" | head -1)" ] \
    || mvn -q -B ${OFFLINE:-} -f bench/quarkus/pom.xml package
  versions+=("Quarkus $(sed -n 's:.*<quarkus.version>\(.*\)</quarkus.version>.*:\1:p' bench/quarkus/pom.xml)")
fi
if has bun; then
  install_peers || { echo "the target bun needs npm" >&2; exit 1; }
  versions+=("Bun $("$peers/node_modules/.bin/bun" --version)")
fi

say ${versions[@]+"${versions[@]}"}
[ -z "$before" ] || echo "before: $(git -C "$before" rev-parse --short HEAD 2>/dev/null || echo unknown)"
[ "$main" != SeveralLogs ] || main=logs.SeveralLogs
drive "$main" "$@"
