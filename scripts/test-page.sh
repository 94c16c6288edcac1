#!/usr/bin/env bash
# Tests the page of `precall serve` in a real browser, without a screen. Needs Chromium or Chrome and Python 3. It
# installs Debian's chromium if it can; CHROMIUM names another browser. Its pictures are in target/page.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

find_browser() { command -v "${CHROMIUM:-chromium}" || command -v google-chrome || command -v chromium-browser; }
if ! browser=$(find_browser); then
    as_root=$([[ $(id -u) == 0 ]] || echo sudo)
    $as_root apt-get update --quiet=2
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install --yes --quiet=2 --no-install-recommends chromium fonts-dejavu-core
    browser=$(find_browser)
fi

home=.tools/page wanted=scripts/requirements-page.txt
if ! cmp --silent "$wanted" "$home/installed.txt"; then
    rm -rf "$home"
    "${PYTHON:-python3}" -m venv "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    # Last, so that the next run repeats an interrupted installation.
    cp "$wanted" "$home/installed.txt"
fi

cargo build --locked -p precall-cli
"$home/bin/python" scripts/test-page.py "$browser" "$(scripts/target-folder.sh)"
