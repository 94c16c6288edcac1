#!/usr/bin/env python3
"""Imports ten million numbers into the embedded store, kills and resumes the import at random moments, and checks every item.

Usage: soak-import.py PRECALL [NUMBERS [KILLS]]

Needs nothing but Python 3. Everything is on loopback and in a temporary folder of some gigabytes, and goes at the end.
Prints how long it took, the rate and the most memory that any of the runs took. Fails when the table is not the file.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

PRECALL = os.path.abspath(sys.argv[1])
NUMBERS = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 20
SEED = int(os.environ.get("SEED", "20261123"))
FIRST = 2_000_000_000


def number(index):
    # In no order, and each number once: 7919 and the count have no common factor.
    return FIRST + index * 7919 % NUMBERS


def peak_kib(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def main():
    random.seed(SEED)
    if NUMBERS % 7919 == 0:
        sys.exit("soak-import: choose a count that 7919 does not divide")
    with tempfile.TemporaryDirectory(prefix="precall-soak-") as folder:
        with open(f"{folder}/numbers.txt", "w") as file:
            for index in range(NUMBERS):
                file.write(f"{number(index)}\n")
        size = os.path.getsize(f"{folder}/numbers.txt")
        print(f"{NUMBERS:,} numbers, {size / 1e6:.0f} MB; killed {KILLS} times; seed {SEED}", flush=True)
        imported(folder)
        looked_at(folder)


def imported(folder):
    """Runs the import until it is complete."""
    began, peak, kills, resume = time.monotonic(), 0, 0, []
    # Seconds of one run: about the time of the whole import divided by its runs, so that the kills are spread over it.
    life = max(0.3, NUMBERS / 20_000 / (KILLS + 1))
    while True:
        command = [PRECALL, "import", "numbers.txt", "--list", "soak", *resume]
        child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        end = time.monotonic() + random.uniform(0.1, 2) * life if kills < KILLS else float("inf")
        while child.poll() is None and time.monotonic() < end:
            peak = max(peak, peak_kib(child.pid))
            time.sleep(0.02)
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            child.wait()
            kills += 1
            # Before it has recorded its first position, it cannot be resumed.
            resume = ["--resume"] if position(folder) is not None else []
            continue
        if child.returncode != 0:
            sys.exit(f"soak-import: the import ended with {child.returncode}")
        break
    took = time.monotonic() - began
    print(child.stdout.read().decode().strip())
    print(
        f"imported in {took:.0f} s with {kills} kills: {NUMBERS / took:,.0f} numbers a second; "
        f"most memory of a run: {peak / 1024:.0f} MiB",
        flush=True,
    )
    if kills < KILLS:
        sys.exit(f"soak-import: it was over after {kills} kills; take more numbers or fewer kills")


def position(folder):
    lists = subprocess.run([PRECALL, "lists", "--json"], cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(lists.stdout)["written"] if lists.stdout else None


def looked_at(folder):
    """Scans the whole table, and compares it with the file."""
    began = time.monotonic()
    server = subprocess.Popen(
        [PRECALL, "serve", "--listen", "127.0.0.1:0", "--dynamodb-listen", "127.0.0.1:0"],
        cwd=folder, env={**os.environ, "PRECALL_AUTH": "none"}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    try:
        url = None
        for line in server.stderr:
            if line.startswith("DynamoDB: "):
                url = line.split()[1]
            if "Ctrl-C" in line:
                break
        seen, wrong, others = bytearray(NUMBERS), 0, 0
        for item in scanned(url):
            if item["number"]["S"] == "list":
                others += 1
                continue
            index = int(item["number"]["S"][2:]) - FIRST
            is_right = item["number"]["S"].startswith("+1") and item["rule"]["S"] == "soak" and 0 <= index < NUMBERS
            if is_right and not seen[index] and item["status"]["S"] == "REJECT":
                seen[index] = 1
            else:
                wrong += 1
    finally:
        server.terminate()
        server.wait()
    missing = NUMBERS - sum(seen)
    print(f"checked in {time.monotonic() - began:.0f} s: {missing} missing, {wrong} wrong or duplicate, {others} list record")
    if missing or wrong or others != 1:
        sys.exit("soak-import: the table is not the file")
    print("the table has exactly the numbers of the file")


def scanned(url):
    start = None
    while True:
        # Without a limit, the embedded DynamoDB reads all remaining items for each page.
        body = {"TableName": "precall-rules", "Limit": 5000}
        if start:
            body["ExclusiveStartKey"] = start
        request = urllib.request.Request(
            url,
            json.dumps(body).encode(),
            {
                "X-Amz-Target": "DynamoDB_20120810.Scan",
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
                "Authorization": "AWS4-HMAC-SHA256 Credential=any/20261123/us-east-1/dynamodb/aws4_request, "
                "SignedHeaders=host, Signature=any",
            },
        )
        with urllib.request.urlopen(request) as answer:
            page = json.load(answer)
        yield from page["Items"]
        start = page.get("LastEvaluatedKey")
        if not start:
            return


if __name__ == "__main__":
    main()
