#!/bin/sh
# Install the system parts that tests need, where this may be done: as root on Debian or Ubuntu.
# Elsewhere say what is missing; the tests that need it are skipped by name (and fail under SEGGQL_REQUIRE_ALL=1).
set -u

# command:package
parts="chromium:chromium docker-compose:docker-compose rabbitmq-server:rabbitmq-server"
PATH=$PATH:/usr/sbin

missing=""
for part in $parts; do
    command -v "${part%%:*}" >/dev/null 2>&1 || missing="$missing ${part##*:}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "seggql: not installed, so the tests that need them are skipped:$missing"
    exit 0
fi

attempt=1
while [ "$attempt" -le 3 ]; do
    echo "seggql: apt-get install$missing"
    if DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null; then
        exit 0
    fi
    sleep $((attempt * 5))
    attempt=$((attempt + 1))
done
echo "seggql: apt-get could not install$missing; the tests that need them are skipped"
