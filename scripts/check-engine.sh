#!/usr/bin/env bash
# Checks that the engine is pure: it has few dependencies, none of them with a clock, a socket or a runtime, and it builds
# for WebAssembly, which has none of these.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

most=35
tree=$(cargo tree --locked -p precall --edges normal,build --prefix none | sed 's/ .*//' | sort -u)
count=$(wc -l <<<"$tree")
if impure=$(grep -E '^(tokio|mio|hyper|reqwest|ureq|rustls|ring|socket2|aws-.*|lambda.*|chrono|time)$' <<<"$tree"); then
    echo "check-engine: the engine depends on $(tr '\n' ' ' <<<"$impure")" >&2
    exit 1
fi
((count <= most)) || { echo "check-engine: the engine depends on $count crates, more than $most" >&2; exit 1; }

target=wasm32-unknown-unknown
if [[ ! -d $(rustc --print target-libdir --target "$target" 2>/dev/null) ]]; then
    rustup target add "$target" >/dev/null 2>&1 || {
        echo "check-engine: Rust's target $target cannot be installed here; add it with rustup" >&2
        exit 1
    }
fi
cargo build --locked --quiet -p precall --target "$target"
echo "the engine: $count crates, and builds for $target"
