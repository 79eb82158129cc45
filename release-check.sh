#!/usr/bin/env bash
# Is what would be published fit to be published? Builds the published modules from a copy of the
# sources in another folder, deploys them to a repository on this disk, and fails unless
#  - each jar has sources, javadoc, an SBOM and licences that are known and allowed,
#  - it is byte for byte the jar that the working tree's own build has made (or a second copy's),
#  - a project that knows that repository alone compiles against it and holds a conversation,
#  - the version is a step large enough for what has changed since the last tag, if there is one.
# Usage: ./release-check.sh [--built]
#   --built   compare with the jars of a `mvn verify` just done, javadoc aside, which Maven does not
#             always renew; half the time
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD
work=$root/target/release
# The bom lists what ships.
mapfile -t jars < <(sed -n 's/.*<artifactId>drawbridge-\(.*\)<.*/\1/p' bom/pom.xml | grep -vx bom)
# testing is not published, but Maven wants to see it where the tests of others depend on it.
published=".,testing,$(IFS=,; echo "${jars[*]}"),bom"
repository=$work/repository
local=${MAVEN_LOCAL_REPOSITORY:-$HOME/.m2/repository}
fail() { echo "release-check: $*" >&2; exit 1; }
build() { # folder, goals; Error Prone only looks, and the bytes are compared below
  (cd "$1" && shift && mvn -q -B --no-transfer-progress -P'release,!error-prone' -Dcontract.skip -DskipTests -pl "$published" "$@")
}
copy() { # folder; the sources as they are here, whatever git thinks of them
  mkdir -p "$1"
  tar -c --exclude=target --exclude=node_modules --exclude=.git . | tar -x -C "$1"
}
quick=()
[ "${1:-}" != --built ] || quick=(-Dmaven.javadoc.skip)
rm -rf "$work"
mkdir -p "$work"

one=$work/elsewhere/one
copy "$one"
build "$one" deploy ${quick[@]+"${quick[@]}"} -DaltDeploymentRepository="local::file://$repository"

other=$root
if [ ${#quick[@]} = 0 ]; then
  other=$work/two
  copy "$other"
  build "$other" package
fi

for module in "${jars[@]}"; do
  name=drawbridge-$module
  deployed=$repository/dev/drawbridge/$name
  version=$(cd "$one/$module/target" && ls "$name"-[0-9]*-sources.jar) || fail "$name has no sources"
  version=${version%-sources.jar}
  for kind in "" -sources -javadoc; do
    jar=$version$kind.jar
    here=$other/$module/target/$jar
    [ -f "$here" ] || fail "$here is missing: build first, or leave --built out"
    [ "$kind" != -javadoc ] || [ ${#quick[@]} = 0 ] || continue
    cmp -s "$one/$module/target/$jar" "$here" || {
      diff <(unzip -lv "$one/$module/target/$jar") <(unzip -lv "$here") | head -20 >&2 || true
      fail "$jar is another when it is built again"
    }
    ls "$deployed"/*/"$name"-*"$kind".jar >/dev/null || fail "$name: '$kind' was not deployed"
  done
  sbom=$(ls "$deployed"/*/"$name"-*-cyclonedx.json) || fail "$name has no SBOM"
  grep -q '"bomFormat" *: *"CycloneDX"' "$sbom" || fail "$sbom is no CycloneDX document"
done
grep -q jose4j "$repository"/dev/drawbridge/drawbridge-filters/*/*-cyclonedx.json ||
  fail "the SBOM of the filters does not know jose4j"
grep -rq "Apache-2.0.*HikariCP" "$one/db/target/licences" || fail "no licence report of db"
unwanted=$(ls "$repository/dev/drawbridge" | grep -E "sample|example|bench|testing|dropin" || true)
[ -z "$unwanted" ] || fail "deployed, but not meant to be: $unwanted"

# A local repository of its own, where no Drawbridge is; the rest need not be fetched again.
mkdir -p "$work/m2"
if [ -d "$local" ]; then
  cp -al "$local/." "$work/m2" 2>/dev/null || cp -a "$local/." "$work/m2"
  rm -rf "$work/m2/dev/drawbridge"
fi
cp -r release/consumer "$work/consumer"
cd "$work/consumer"
mvn -q -B --no-transfer-progress -Dmaven.repo.local="$work/m2" -Dreleased="file://$repository" compile
[ -d "$work/m2/dev/drawbridge/drawbridge-endpoint" ] || fail "the consumer took Drawbridge from elsewhere"
java -cp "target/classes:target/dependency/*" com.example.consumer.Consumer >"$work/consumer.log" 2>&1 ||
  { tail -30 "$work/consumer.log" >&2; fail "the consumer did not connect"; }
grep -q "The consumer connected." "$work/consumer.log" || fail "the consumer said nothing"
rm -rf "$work/m2"

"$root/compatibility/against-last-release.sh" "$root" || fail "see above; docs/upgrading.md has the rules"
echo "release-check: all is well; $(find "$repository" -name '*.jar' | wc -l) jars in $repository"
