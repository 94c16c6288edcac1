#!/usr/bin/env python3
"""Measures the time and memory that `precall report` and `precall replay` take for a million masked records.

Usage: bench-replay.py PRECALL [RECORDS]

It needs Python 3, and some hundred megabytes in a temporary folder, which it removes at the end.
"""

import datetime
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

PRECALL = os.path.abspath(sys.argv[1])
RECORDS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PLACES = [
    ("US-NY", "America/New_York", -5, "315"),
    ("US-TX", "America/Chicago", -6, "512"),
    ("US-CA", "America/Los_Angeles", -8, "415"),
    ("US-FL", "America/New_York", -5, "305"),
    ("US-ID", "America/Boise", -7, "208"),
]
RULE = {"number": "*", "rule": "mornings", "status": "REJECT", "code": "480", "hours": "00:00-09:00", "priority": 100}


def main():
    random.seed(20261123)
    with tempfile.TemporaryDirectory(prefix="precall-bench-") as folder:
        start = datetime.datetime(2026, 11, 2, 13)
        with open(f"{folder}/log.jsonl", "w") as log:
            for index in range(RECORDS):
                log.write(json.dumps(record(start + datetime.timedelta(seconds=index * 7 * 86_400 / RECORDS))) + "\n")
        with open(f"{ROOT}/rules/toll-fraud.json") as file:
            rules = json.load(file)
        with open(f"{folder}/rules.json", "w") as file:
            json.dump([*rules, RULE], file)
        size = os.path.getsize(f"{folder}/log.jsonl")
        print(f"{RECORDS:,} records, {size / 1e6:.0f} MB; {len(rules) + 1} rules; {os.cpu_count()} cores")
        timed(folder, "report", "report", "log.jsonl")
        timed(folder, "replay", "replay", "log.jsonl", "--rules", "rules.json", "--exit-zero")


def record(at):
    place, zone, offset, area = random.choice(PLACES)
    clock = at + datetime.timedelta(hours=offset)
    entry = {
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "level": "INFO", "message": "decision", "service": "precall",
        "decision_id": f"{random.getrandbits(128):032x}", "cold_start": False, "client": "vendor",
        "from": "+1212*******", "from_hash": "c8076a84428090c5", "to": f"+1{area}*******",
        "to_hash": f"{random.getrandbits(64):016x}", "status": "PROCEED", "http_status": 200, "decided_by": "default",
        "callee_place": place, "callee_clock": f"{clock:%a %H:%M} in {zone}", "hours_data": "2026-11-23",
        "rules_looked_at": 9, "invalid_rules": 0, "callee_source": "store", "any_source": "cache", "any_age_ms": 12,
        "duration_ms": 3.412,
    }
    if random.random() < 0.2:
        entry |= {"status": "REJECT", "code": "603", "reason": "On list dnc", "decided_by": "rule", "rule": "dnc", "priority": 100}
    return entry


def timed(folder, name, *arguments):
    began = time.monotonic()
    variables = {**os.environ, "PRECALL_NUMBER_HASH_KEY": "a-key-for-the-hashes-of-benches"}
    subprocess.run([PRECALL, *arguments], cwd=folder, env=variables, check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    # The peak of all child processes so far. It is right for both commands: report runs first and takes less memory.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"{name}: {took:.1f} s, {RECORDS / took:,.0f} records per second; peak memory {peak / 1024:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
