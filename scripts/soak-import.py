#!/usr/bin/env python3
"""Imports ten million numbers into the embedded store, kills and resumes the import at random moments, and checks every item.

Usage: soak-import.py PRECALL [NUMBERS [KILLS]]

Needs nothing but Python 3. Everything is in a temporary folder of some gigabytes, and goes at the end. The first and the last
million numbers are written without a kill, so that their rates can be compared. Prints these rates, the most memory of a run,
the longest write-ahead log, and the most stream records that the database had at a time. Fails when the table or the journal is
not the file, or the last million is less than half as fast as the first.
"""

import base64
import json
import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib

PRECALL = os.path.abspath(sys.argv[1])
NUMBERS = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 20
SEED = int(os.environ.get("SEED", "20261123"))
FIRST = 2_000_000_000
DATABASE = ".precall/rules.db"
# The numbers at the beginning and at the end whose rates are compared.
WINDOW = min(1_000_000, NUMBERS // 4)


def in_no_order():
    """Returns the numbers so that consecutive ones are far apart: they are in other pages of the database."""
    step = int(NUMBERS * 0.6180339887)
    while math.gcd(step, NUMBERS) != 1:
        step += 1
    return (FIRST + index * step % NUMBERS for index in range(NUMBERS))


def peak_kib(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def main():
    random.seed(SEED)
    with tempfile.TemporaryDirectory(prefix="precall-soak-") as folder:
        with open(f"{folder}/numbers.txt", "w") as file:
            file.writelines(f"{number}\n" for number in in_no_order())
        size = os.path.getsize(f"{folder}/numbers.txt")
        print(f"{NUMBERS:,} numbers in no order, {size / 1e6:.0f} MB; killed {KILLS} times; seed {SEED}", flush=True)
        is_steady = imported(folder)
        table_is_checked(folder)
        journal_is_checked(folder)
        if not is_steady:
            sys.exit("soak-import: the last numbers are less than half as fast as the first ones")


def processor_seconds(pid):
    """Returns the processor time of a process; 0 after its end."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0


class Watch:
    """Looks at a running import: its memory, and the database from outside."""

    def __init__(self, folder):
        self.file = f"{folder}/{DATABASE}"
        self.rows = self.memory = self.log = self.records = 0
        # The time at which a number of rows was reached first, and the processor time of the run until then.
        self.reached = []

    def look(self, pid):
        self.memory = max(self.memory, peak_kib(pid))
        try:
            self.log = max(self.log, os.path.getsize(f"{self.file}-wal"))
            database = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=5)
        except (OSError, sqlite3.OperationalError):
            return
        try:
            (rows,) = database.execute('SELECT max(rowid) FROM "precall-rules"').fetchone()
            (records,) = database.execute("SELECT count(*) FROM _stream_records").fetchone()
        except sqlite3.OperationalError:
            return
        finally:
            database.close()
        self.records = max(self.records, records)
        if rows and rows > self.rows:
            self.rows = rows
            self.reached.append((time.monotonic(), rows, processor_seconds(pid)))

    def speed(self, first, last):
        """Returns the numbers a second between two counts of rows, and the processor time of one in microseconds."""
        part = [reached for reached in self.reached if first <= reached[1] <= last and reached[2]]
        if len(part) < 2:
            sys.exit("soak-import: the import was too fast to be observed; take more numbers")
        took, rows, processor = (end - begin for begin, end in zip(part[0], part[-1]))
        return rows / took, processor / rows * 1e6


def imported(folder):
    """Runs the import until it is complete. Returns true if the last numbers were at least half as fast as the first."""
    began, watch, kills, resume = time.monotonic(), Watch(folder), 0, []
    # The rows at which it is killed.
    deaths = sorted(random.uniform(WINDOW, NUMBERS - WINDOW) for _ in range(KILLS))
    while True:
        command = [PRECALL, "import", "numbers.txt", "--list", "soak", *resume]
        child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        while child.poll() is None and (kills == len(deaths) or watch.rows < deaths[kills]):
            watch.look(child.pid)
            time.sleep(0.1)
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
    (first, first_processor), (last, last_processor) = watch.speed(0, WINDOW), watch.speed(NUMBERS - WINDOW, NUMBERS)
    print(f"imported in {took:.0f} s with {kills} kills: {NUMBERS / took:,.0f} numbers a second in all")
    print(f"the first {WINDOW:,}: {first:,.0f} a second, {first_processor:.1f} µs of processor time each")
    print(f"the last {WINDOW:,}: {last:,.0f} a second, {last_processor:.1f} µs of processor time each")
    print(
        f"most memory of a run: {watch.memory / 1024:.0f} MiB; longest write-ahead log: {watch.log / 2**20:.0f} MiB; "
        f"most stream records: {watch.records}",
        flush=True,
    )
    if kills < KILLS:
        sys.exit(f"soak-import: it was over after {kills} kills; take more numbers or fewer kills")
    return last >= first / 2


def position(folder):
    lists = subprocess.run([PRECALL, "lists", "--json"], cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(lists.stdout)["written"] if lists.stdout else None


def table_is_checked(folder):
    """Reads the whole table, and compares it with the file."""
    began = time.monotonic()
    database = sqlite3.connect(f"file:{folder}/{DATABASE}?mode=ro", uri=True)
    seen, wrong, others = bytearray(NUMBERS), 0, 0
    for number, rule, item in database.execute('SELECT pk, sk, item_json FROM "precall-rules"'):
        if not number.startswith("S:+1"):
            # The record of the list, and its notice.
            others += 1
            continue
        index = int(number[4:]) - FIRST
        is_right = rule == "S:soak" and 0 <= index < NUMBERS and '"status":{"S":"REJECT"}' in item
        if is_right and not seen[index]:
            seen[index] = 1
        else:
            wrong += 1
    database.close()
    missing = NUMBERS - sum(seen)
    print(f"table checked in {time.monotonic() - began:.0f} s: {missing} missing, {wrong} wrong or duplicate, {others} others")
    if missing or wrong or others != 2:
        sys.exit("soak-import: the table is not the file")
    print("the table has exactly the numbers of the file", flush=True)


def journal_is_checked(folder):
    """Reads the packs of the journal: each number was added once."""
    began = time.monotonic()
    database = sqlite3.connect(f"file:{folder}/{DATABASE}?mode=ro", uri=True)
    seen, wrong, packs, size = bytearray(NUMBERS), 0, 0, 0
    for (item,) in database.execute("SELECT item_json FROM \"precall-journal\" WHERE pk = 'S:pack soak'"):
        packed = base64.b64decode(json.loads(item)["changes"]["B"])
        packs, size = packs + 1, size + len(packed)
        for line in zlib.decompress(packed, wbits=-15).splitlines():
            change = json.loads(line)
            index = int(change["n"][2:]) - FIRST
            if change["r"] == "soak" and "b" not in change and 0 <= index < NUMBERS and not seen[index]:
                seen[index] = 1
            else:
                wrong += 1
    database.close()
    missing = NUMBERS - sum(seen)
    print(
        f"journal checked in {time.monotonic() - began:.0f} s: {packs:,} packs, {size / NUMBERS:.1f} bytes a number; "
        f"{missing} missing, {wrong} wrong or duplicate"
    )
    if missing or wrong:
        sys.exit("soak-import: the journal is not the file")
    print("the journal has each number once", flush=True)


if __name__ == "__main__":
    main()
