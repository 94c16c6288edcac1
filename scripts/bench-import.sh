#!/usr/bin/env bash
# Compares `precall import` with boto3, which it installs into the project's own folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

home=.tools/bench
python=${PYTHON:-python3}
cargo build --release --locked -p precall-cli
if [[ ! -x $home/bin/python ]] || ! "$home/bin/python" -c 'import boto3' 2>/dev/null; then
    rm -rf "$home"
    "$python" -m venv "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check 'boto3==1.*'
fi
exec "$home/bin/python" scripts/bench-import.py "$(scripts/target-folder.sh)/release/precall" "$@"
