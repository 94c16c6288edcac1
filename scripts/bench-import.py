#!/usr/bin/env python3
"""Compares `precall import` with boto3's batch_writer on the same server, in one run.

Usage: bench-import.py PRECALL [NUMBERS]

The server is the embedded DynamoDB of `precall serve`. The script writes numbers into its table in three ways: with boto3's
batch_writer, with `precall import --dynamodb URL` (the same requests, many at a time), and with `precall import --database`
into the file that the server has open, which is the default. boto3 writes as fast as it can here: it keeps its connections,
and writes in one thread and in several, each with a client of its own. The comparison is with the faster of the two. It fails
if the import into the file is less than five times as fast as boto3.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time

import boto3

PRECALL = os.path.abspath(sys.argv[1])
NUMBERS = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
WANTED = 5
# More make boto3 slower: its time is that of Python, of which one thread runs at a time.
THREADS = 4


def main():
    with tempfile.TemporaryDirectory(prefix="precall-bench-") as folder:
        for name, area in [("http", 203), ("file", 204)]:
            with open(f"{folder}/{name}.txt", "w") as file:
                for index in range(NUMBERS):
                    file.write(f"{area}{index:07}\n")
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
            print(f"{NUMBERS:,} numbers in each way, on the embedded DynamoDB of one running server")
            plain = max(
                timed("boto3 batch_writer, one thread", lambda: by_boto3(url, 201, 1)),
                timed(f"boto3 batch_writer, {THREADS} threads", lambda: by_boto3(url, 202, THREADS)),
            )
            http = timed("precall import --dynamodb URL", lambda: by_precall(folder, "http", "--dynamodb", url))
            local = timed("precall import (the same file)", lambda: by_precall(folder, "file"))
        finally:
            server.terminate()
            server.wait()
    print(f"compared with boto3: {http / plain:.1f} times as fast by requests, {local / plain:.1f} times as fast into the file")
    if local < WANTED * plain:
        sys.exit(f"bench-import: less than {WANTED} times boto3's rate")


def timed(name, write):
    began = time.monotonic()
    write()
    rate = NUMBERS / (time.monotonic() - began)
    print(f"{name:34} {rate:>10,.0f} per second", flush=True)
    return rate


def by_boto3(url, area, threads):
    writers = [threading.Thread(target=write_part, args=(url, area, first, threads)) for first in range(threads)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def write_part(url, area, first, step):
    # A session of its own, because those of boto3 are not for several threads.
    resource = boto3.session.Session().resource(
        "dynamodb", endpoint_url=url, region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    with resource.Table("precall-rules").batch_writer() as batch:
        for index in range(first, NUMBERS, step):
            batch.put_item(
                Item={
                    "number": f"+1{area}{index:07}",
                    "rule": "bench",
                    "status": "REJECT",
                    "code": "603",
                    "reason": "On list bench",
                    "priority": 100,
                    "list_file": "0123456789ab",
                }
            )


def by_precall(folder, name, *arguments):
    command = [PRECALL, "import", f"{name}.txt", "--list", name, *arguments]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
