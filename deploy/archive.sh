#!/bin/sh
# Keeps the classes of a start in classes.jsa, which makes the next starts quicker; docs/containers.md says by how much.
# Usage: archive.sh   in the folder that assemble.sh has made, with the JVM that will run it
# Another port than 8080: JDK_JAVA_OPTIONS=-Djetty.http.port=8081 MANAGE_URL=http://127.0.0.1:8081/ws ./archive.sh
# The start is one of production, with a warm-up, a secret that is forgotten and no database.
set -eu
cd "$(dirname "$0")"
rm -f classes.jsa
unset DRAWBRIDGE_SETTINGS_FILE DRAWBRIDGE_MANAGEMENT_TOKEN_FILE
ENVIRONMENT=production
DRAWBRIDGE_USERS=token
DRAWBRIDGE_JWT_ISSUER=https://login.invalid
DRAWBRIDGE_JWT_AUDIENCE=archive
DRAWBRIDGE_JWT_SECRET=base64:$(head -c 32 /dev/urandom | base64 | tr -d '\n')
export ENVIRONMENT DRAWBRIDGE_USERS DRAWBRIDGE_JWT_ISSUER DRAWBRIDGE_JWT_AUDIENCE DRAWBRIDGE_JWT_SECRET

java -XX:ArchiveClassesAtExit=classes.jsa -Xlog:cds=error -Xlog:cds+dynamic=error @jvm.options @start.args &
server=$!
trap 'kill -9 $server 2>/dev/null || true' EXIT
./manage wait
for page in config health; do
  curl -fsS -o /dev/null "${MANAGE_URL:-http://127.0.0.1:8080/ws}/$page"
done
kill -TERM $server
# 143 is the orderly end by this signal.
status=0
wait $server || status=$?
[ "$status" = 143 ] || exit "$status"
trap - EXIT
[ -s classes.jsa ]
