#!/usr/bin/env bash
# Measures the time from exec to the first /next, of the hook as it is released and of a bare lambda_http function.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Separate commands: in one command, cargo would build each with the other's features, and the hook that is
# measured and left in target/release would differ from the released one.
target=$(scripts/target-folder.sh)
cargo build --release --locked -p precall-hook --bin precall-hook
cargo build --release --locked -p precall-bare --no-default-features
cp "$target/release/precall-bare" "$target/release/precall-bare-lean"
cargo build --release --locked -p precall-bare
cargo build --profile measure --locked -p precall-bench

exec "$target/measure/cold" "$target/release/precall-hook" "$target/release/precall-bare" "$target/release/precall-bare-lean"
