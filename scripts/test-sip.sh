#!/usr/bin/env bash
# Tests the hook in front of a carrier: a dialer (sipp) calls through Kamailio, which requests decisions from precall, and a
# carrier (sipp) answers the calls that arrive. Everything is on loopback. It needs Python 3 and Debian's packages kamailio,
# kamailio-utils-modules, kamailio-extra-modules and sip-tester, which it installs if it may.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(kamailio kamailio-utils-modules kamailio-extra-modules sip-tester)
if ! dpkg --status "${packages[@]}" >/dev/null 2>&1; then
    as_root=$([[ $(id -u) == 0 ]] || echo sudo)
    $as_root apt-get update --quiet=2
    # The installation must not start Kamailio, because the test starts it.
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install --yes --quiet=2 --no-install-recommends "${packages[@]}"
fi
cargo build --locked -p precall-cli
precall=$(scripts/target-folder.sh)/debug/precall

work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
fail() {
    echo "FAILED: $*" >&2
    tail -n 20 "$work"/*.log >&2 || true
    exit 1
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
until_true() { for _ in $(seq 100); do "$@" && return; sleep 0.1; done; return 1; }

hook_port=$(free_port) sip_port=$(free_port) carrier_port=$(free_port) dialer_port=$(free_port)

# The hook, with a key for this test.
key=$(printf 'k%.0s' $(seq 43))
hash=$(printf '%s' "$key" | sha256sum | cut -d' ' -f1)
$precall load --database "$work/rules.db" tests/sip/rules.json >/dev/null
start_hook() {
    PRECALL_API_KEYS="dialer=$hash" $precall serve --database "$work/rules.db" --listen "127.0.0.1:$hook_port" \
        --dynamodb-listen 127.0.0.1:0 --page off >>"$work/hook.log" 2>&1 &
    hook=$!
    pids+=("$hook")
    until_true curl --silent --output /dev/null "http://127.0.0.1:$hook_port/" || fail "the hook does not start"
}

# Kamailio with the configuration that users deploy, and a precall-local.cfg for this test.
start_kamailio() {
    mkdir -p "$work/kamailio"
    cp deploy/kamailio/kamailio.cfg "$work/kamailio/"
    cat >"$work/kamailio/precall-local.cfg" <<-SITE
	#!define LISTEN udp:127.0.0.1:$sip_port
	#!define HOOK_URL http://127.0.0.1:$1/
	#!define HOOK_KEY $key
	#!define CARRIER "sip:127.0.0.1:$carrier_port"
	${2:-}
	SITE
    kamailio -DD -E -f "$work/kamailio/kamailio.cfg" -P "$work/kamailio.pid" -Y "$work" -m 64 -M 4 >>"$work/kamailio.log" 2>&1 &
    kamailio=$!
    pids+=("$kamailio")
    until_true answers_options || fail "kamailio does not start"
}
stop_kamailio() { kill -TERM "$kamailio"; wait "$kamailio" 2>/dev/null || true; }
answers_options() {
    python3 - "$sip_port" <<-'PYTHON'
	import socket, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.5); s.bind(("127.0.0.1", 0))
	here = "127.0.0.1:%d" % s.getsockname()[1]
	s.sendto((f"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK1\r\nFrom: <sip:a@{here}>;tag=1\r\n"
	          f"To: <sip:x>\r\nCall-ID: 1@{here}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n").encode(),
	         ("127.0.0.1", int(sys.argv[1])))
	try:
	    sys.exit(not s.recv(4096).startswith(b"SIP/2.0 200"))
	except OSError:
	    sys.exit(1)
	PYTHON
}

sipp -sf tests/sip/carrier.xml -i 127.0.0.1 -p "$carrier_port" -trace_logs -log_file "$work/called" -nostdin \
    >"$work/carrier.log" 2>&1 &
pids+=($!)

# call SCENARIO FROM TO [CODE REASON]: places one call, and checks the answer that the dialer gets.
calls=0
source=127.0.0.1
call() {
    calls=$((calls + 1))
    sed -e "s|@FROM@|$2|g; s|@TO@|$3|g; s|@CODE@|${4:-}|g; s|@REASON@|${5:-}|g; s|@CARRIER@|127.0.0.1:$carrier_port|g" \
        "tests/sip/$1.xml" >"$work/dialer.xml"
    sipp -sf "$work/dialer.xml" -m 1 -i "$source" -p "$dialer_port" -timeout 20s -nostdin -trace_err \
        -error_file "$work/dialer.log" "127.0.0.1:$sip_port" >"$work/dialer-screen.log" 2>&1 ||
        fail "$2 calls $3: not $1 ${4:-} ${5:-}"
    echo "ok: $2 calls $3: $1 ${4:-} ${5:-}"
}
# The number of the last call that reached the carrier, and the count of its calls.
was_called() { until_true grep --quiet --line-regexp "called $1" "$work/called" || fail "the carrier was not asked for $1"; }
carried() { grep --count '^called' "$work/called" 2>/dev/null || true; }

start_hook
# One worker, so that the same process handles all calls, one after the other.
start_kamailio "$hook_port" "#!define WORKERS 1"
call answered +12125550100 +13155550100
was_called +13155550100
call rejected +12125550100 +13155550101 603 "Internal do-not-call list"
call answered +12125550100 +13155550102
was_called +13605550112
call rejected +12125550100 +13155550103 480 "Later  X-Evil: yes"
call rejected +12125550100 +13155550111 480 Declined
call rejected +12125550100 +13155550104 503 "Not an error"
call rejected +12125550166 +13155550100 403 "Caller is blocked"
call answered anonymous 3155550105
was_called 3155550105
source=127.0.0.2 call rejected +12125550100 +13155550100 403 Forbidden
# The spelling of a number does not matter, and a number cannot add parameters to the request.
call answered +12125550100 "+13155550113;npdi"
was_called "+13155550113;npdi"
call rejected +12125550100 "+13155550101;npdi" 603 "Internal do-not-call list"
call rejected '+12125550100\&x=1' +13155550101 603 "Internal do-not-call list"
# A number that cannot be sent is neither replaced by 0 nor by the number of the call before.
call answered +12125550100 +13155550112
call rejected +12125550100 zoë 503 "No Decision"
call rejected +12125550166 +13155550100 403 "Caller is blocked"
call answered zoë +13155550114
# A message that pretends to belong to a call that was let through is rejected, from a stranger and from a dialer.
call forged +12125550100 +13155550101 403 Forbidden
source=127.0.0.2 call forged +12125550100 +13155550101 403 Forbidden
[[ $(carried) == 6 ]] || fail "$(carried) calls reached the carrier, not 6"

# The hook is killed: no call is placed, unless FALLBACK_PROCEED is defined.
kill -KILL "$hook"; wait "$hook" 2>/dev/null || true
call rejected +12125550100 +13155550106 503 "No Decision"
stop_kamailio
start_kamailio "$hook_port" "#!define FALLBACK_PROCEED"
call answered +12125550100 +13155550107
was_called +13155550107
start_hook
call rejected +12125550100 +13155550101 603 "Internal do-not-call list"
stop_kamailio

# A slow hook: the dialer sends its INVITE again, and the hook still gets one request.
slow_port=$(free_port)
python3 tests/sip/slow_hook.py "$slow_port" 2 "$work/asked" >"$work/slow.log" 2>&1 &
pids+=($!)
until_true curl --silent --output /dev/null "http://127.0.0.1:$slow_port/" || fail "the slow hook does not start"
start_kamailio "$slow_port"
call answered +12125550100 +13155550108
[[ $(wc -l <"$work/asked") == 1 ]] || fail "the hook was asked $(wc -l <"$work/asked") times for one call"
grep --quiet 'from=%2B12125550100&to=%2B13155550108$' "$work/asked" || fail "not asked as the contract says"
stop_kamailio

# A hook that does not answer in time.
hung_port=$(free_port)
python3 tests/sip/slow_hook.py "$hung_port" 60 "$work/hung" >"$work/hung.log" 2>&1 &
pids+=($!)
until_true curl --silent --output /dev/null "http://127.0.0.1:$hung_port/" || fail "the hung hook does not start"
start_kamailio "$hung_port"
began=$SECONDS
call rejected +12125550100 +13155550109 503 "No Decision"
# The person hears silence in the meantime, and the vendor's server waits equally long.
((SECONDS - began <= 10)) || fail "the fallback came after $((SECONDS - began)) s"

grep --quiet "$key" "$work/kamailio.log" "$work/hook.log" && fail "the key is in a log"
[[ $(carried) == 8 ]] || fail "$(carried) calls reached the carrier, not 8"
echo "$calls passed, 0 failed"
