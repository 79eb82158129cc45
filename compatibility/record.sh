#!/usr/bin/env bash
# Records anew what applications may rely on: types, settings, codes, frames, metrics, and the types
# of the client, for which it needs Node. The difference is what a review looks at.
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -q -B --no-transfer-progress -pl compatibility -am test -Dtest=RecordedTest -Dapi.write=true \
  -DskipTests=false -Dsurefire.failIfNoSpecifiedTests=false -Dmaven.javadoc.skip -Djacoco.skip
cd client
[ -d node_modules ] || npm ci --no-fund --no-audit --prefer-offline
npm run --silent types
API_WRITE=true npx vitest run test/public-types.test.ts
git -C .. status --short compatibility/recorded
