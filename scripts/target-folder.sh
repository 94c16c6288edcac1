#!/usr/bin/env bash
# Prints cargo's target folder, which CARGO_TARGET_DIR or `build.target-dir` of a cargo configuration may have moved.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo metadata --format-version 1 --no-deps --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/'
