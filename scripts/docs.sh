#!/usr/bin/env bash
# Builds the documentation as a book (target/book/index.html), and checks the links of docs/ and README.md.
# Installs mdBook into the project's own folder. Needs a Rust toolchain and Python 3.9 or later.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

home=.tools/mdbook version=0.5.4
python=${PYTHON:-python3}

command -v "$python" >/dev/null || {
    echo "docs: $python is not installed; install Python 3.9 or later, or name one with PYTHON=" >&2
    exit 1
}
if [[ $("$home/bin/mdbook" --version 2>/dev/null) != "mdbook v$version" ]]; then
    cargo install mdbook --locked --root "$home" --version "$version"
fi
"$home/bin/mdbook" build docs
"$python" scripts/check-links.py
echo "The book is target/book/index.html."
