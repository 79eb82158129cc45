#!/usr/bin/env bash
# May what is here be released behind the last release? Builds the last tag v1.2.3 that this commit
# knows, in a folder of its own, and compares what applications rely on: types, settings, codes,
# frames, metrics, the client's exports. Fails if the version is too small a step for what changed.
# Usage: compatibility/against-last-release.sh [folder of the project]
#   COMPARER   class path of this module; else what its build has left, or it is built
#   BUILD      compiles the modules of the folder that it is run in; else Maven
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "${1:-$here/..}" && pwd -P)
cd "$root"
say() { echo "against-last-release: $*"; }

# A release's sources without git, and a clone that was made without tags, know none.
last_tag() { # commit
  [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$root" ] || return 0
  git describe --tags --abbrev=0 --match 'v[0-9]*.[0-9]*.[0-9]*' "$1" 2>/dev/null || true
}
tag=$(last_tag HEAD)
# Who releases looks at the commit that the tag will name, or names already.
if [ -n "$tag" ] && [ "$(git rev-parse "$tag^{commit}")" = "$(git rev-parse HEAD)" ]; then
  tag=$(last_tag HEAD^)
fi
if [ -z "$tag" ]; then
  say "no release to compare with: this history has no tag v1.2.3. What was recorded in" \
    "compatibility/recorded is compared by the tests of that module."
  exit 0
fi

build=${BUILD:-mvn -q -B --no-transfer-progress -Dquick -pl migrations,endpoint-testkit,cluster-sql,spring-boot-starter -am compile}
if [ -z "${COMPARER:-}" ]; then
  [ -f "$here/target/class-path" ] ||
    (cd "$here/.." && mvn -q -B --no-transfer-progress -Dquick -pl compatibility -am process-classes)
  COMPARER=$here/target/classes:$(cat "$here/target/class-path")
fi
last=$root/target/last-release
rm -rf "$last"
mkdir -p "$last"
git archive "$tag" | tar -x -C "$last"
say "building $tag"
(cd "$last" && $build)
version=$(sed -n 's|^  <version>\(.*\)</version>.*|\1|p' pom.xml | head -1)
java -cp "$COMPARER" dev.drawbridge.compatibility.LastRelease "$tag" "$last" "$version" "$root"
rm -rf "$last"
