#!/usr/bin/env python3
"""Measures `precall scrub`: builds a list in an embedded database, and scrubs a file of leads against it.

Usage: bench-scrub.py PRECALL [--list NUMBERS] [--rows ROWS] [--folder FOLDER]

The list has random numbers of the United States. A third of the leads are on it. The rules under `*` are calling hours and a
frequency cap. The script prints the rate and the greatest memory (VmHWM), and fails if a row is missing or has a wrong
decision, or if a million rows would take longer than a minute.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

WANTED_RATE = 1_000_000 / 60
AREAS = [202, 212, 213, 215, 303, 305, 312, 315, 404, 415, 503, 512, 602, 617, 702, 713, 808, 816, 901, 917]
RULES = [
    {"number": "*", "rule": "hours", "status": "REJECT", "code": "480", "reason": "Outside calling hours",
     "calling_hours": "us", "priority": 50},
    {"number": "*", "rule": "cap", "status": "REJECT", "code": "486", "reason": "Limit", "max_calls": 3, "per": "24h",
     "priority": 40},
]


def listed(nth):
    """Returns a number of the list; each `nth` has another one, in no order."""
    nth = nth * 7_368_787 % 159_999_979
    return f"{AREAS[nth % 20]}{2_000_000 + nth // 20:07}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("precall")
    parser.add_argument("--list", type=int, default=10_000_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    precall = os.path.abspath(arguments.precall)
    with tempfile.TemporaryDirectory(prefix="precall-bench-", dir=arguments.folder) as folder:
        build(precall, folder, arguments.list)
        scrub(precall, folder, arguments.list, arguments.rows)


def build(precall, folder, numbers):
    with open(f"{folder}/rules.json", "w") as file:
        json.dump(RULES, file)
    run(precall, folder, "load", "rules.json", "--because", "bench")
    with open(f"{folder}/list.txt", "w") as file:
        # In order, because the import of the list is not what is measured.
        for number in sorted(listed(nth) for nth in range(numbers)):
            file.write(f"{number}\n")
    began = time.monotonic()
    run(precall, folder, "import", "list.txt", "--list", "bench", "--because", "bench")
    took = time.monotonic() - began
    size = os.path.getsize(f"{folder}/.precall/rules.db") / 1e9
    print(f"list of {numbers:,} numbers imported in {took:.0f} s; the database has {size:.1f} GB", flush=True)


def scrub(precall, folder, numbers, rows):
    dice = random.Random(2026)
    on_list = []
    with open(f"{folder}/leads.csv", "w") as file:
        file.write("id,name,phone,city,note\n")
        for row in range(rows):
            is_listed = dice.random() < 1 / 3
            on_list.append(is_listed)
            nth = dice.randrange(numbers) if is_listed else dice.randrange(numbers, 150_000_000)
            file.write(f'{row},Lead {row},{listed(nth)},Somewhere,"a note, with a comma"\n')
    began = time.monotonic()
    child = subprocess.Popen(
        [precall, "scrub", "leads.csv", "--at", "2026-12-01T17:30:00Z", "--output", "out.csv"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    memory = 0
    while child.poll() is None:
        try:
            with open(f"/proc/{child.pid}/status") as status:
                memory = next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), memory)
        except OSError:
            pass
        time.sleep(0.05)
    took = time.monotonic() - began
    text = child.stdout.read()
    if child.returncode != 0:
        sys.exit(f"bench-scrub: exit status {child.returncode}\n{text}")
    print(text, end="")
    rate = rows / took
    print(f"{rows:,} rows in {took:.1f} s: {rate:,.0f} rows a second; at most {memory / 1024:.0f} MiB (VmHWM)")
    check(folder, rows, on_list)
    if rate < WANTED_RATE:
        sys.exit("bench-scrub: a million rows would take longer than a minute")


def check(folder, rows, on_list):
    with open(f"{folder}/out.csv") as file:
        next(file)
        count = 0
        for line, is_listed in zip(file, on_list):
            cells = line.rsplit(",", 10)
            if not line.startswith(f"{count},") or (",REJECT,603,On list bench,bench," in line) != is_listed:
                sys.exit(f"bench-scrub: row {count} is wrong: {line}{cells}")
            count += 1
    if count != rows:
        sys.exit(f"bench-scrub: {count} of {rows} rows")


def run(precall, folder, *arguments):
    done = subprocess.run([precall, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench-scrub: {arguments[0]} failed\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
