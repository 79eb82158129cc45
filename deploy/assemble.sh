#!/bin/sh
# Puts a WAR and a Jetty into one folder, from which one command starts them: java @start.args
# Usage: assemble.sh JETTY_HOME WAR FOLDER [JAR...]
#   JETTY_HOME  an unpacked jetty-home
#   FOLDER      is made; where it will run, for start.args holds its path
#   JAR         goes into the WAR's WEB-INF/lib, such as the engine of channels
# It needs the `jar` of a JDK. The folder may then belong to root: what runs in it writes nothing there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 3 ] || { sed -n '2,7s/^# //p' "$0" >&2; exit 64; }
home=$(cd "$1" && pwd)
war=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
folder=$3
shift 3
[ ! -e "$folder/webapps" ] || { echo "$folder is there already: a new version is a new folder" >&2; exit 73; }
mkdir -p "$folder/webapps/ROOT" "$folder/start.d" "$folder/environments"
folder=$(cd "$folder" && pwd)

cp -R "$home" "$folder/jetty"
# Unpacked, so that no start has to do it.
(cd "$folder/webapps/ROOT" && "${JAVA_HOME:+$JAVA_HOME/bin/}jar" xf "$war")
for jar in "$@"; do cp "$jar" "$folder/webapps/ROOT/WEB-INF/lib/"; done
cp "$here/jetty.ini" "$folder/start.d/chat.ini"
cp "$here/context.xml" "$folder/webapps/ROOT.xml"
cp "$here/jvm.options" "$here/manage" "$here/archive.sh" "$folder/"

# The command that Jetty's start.jar would give a second JVM, as arguments of the first and only one.
cd "$folder"
"${JAVA_HOME:+$JAVA_HOME/bin/}java" -jar jetty/start.jar "jetty.home=$folder/jetty" "jetty.base=$folder" \
  --dry-run=opts,path,main,args,envs >start.args
grep -q ee11 start.args || { cat start.args >&2; exit 1; }
