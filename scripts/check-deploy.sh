#!/usr/bin/env bash
# Checks the deployment without an AWS account: cfn-lint, sam validate --lint, and a real sam build.
#
#   scripts/check-deploy.sh            for arm64, or for this machine if Rust's arm64 target cannot be installed
#   ARCH=x86_64 scripts/check-deploy.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PATH="$PWD/.tools/deploy/bin:$PATH"
export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-us-east-1}

step() { printf '\n-- %s\n' "$*"; }

has_target() {
    [[ -d $(rustc --print target-libdir --target "$1" 2>/dev/null) ]] ||
        { command -v rustup >/dev/null && rustup target add "$1" >/dev/null 2>&1; }
}

arch=${ARCH:-arm64}
if [[ -z ${ARCH:-} ]] && ! has_target aarch64-unknown-linux-gnu; then
    arch=$(uname -m | sed 's/aarch64/arm64/')
    echo "check-deploy: Rust's target aarch64-unknown-linux-gnu cannot be installed here; building for $arch instead" >&2
fi

case $arch in
    arm64) wanted=183 ;;
    x86_64) wanted=62 ;;
    *) echo "check-deploy: unknown ARCH $arch; set it to arm64 or x86_64" >&2; exit 1 ;;
esac

# cfn-lint checks both sides of every condition, so values for parameters (--parameters) would make no difference.
step "cfn-lint template.yaml"
cfn-lint template.yaml

step "sam validate --lint"
sam validate --lint

step "sam build, Architecture=$arch"
sam build --parameter-overrides "Architecture=$arch"

binary=.aws-sam/build/Hook/bootstrap
machine=$(od -A n -t u2 -j 18 -N 2 "$binary" | tr -d ' ') # e_machine of the ELF header
size=$(($(wc -c <"$binary")))
echo "$binary: $size bytes, for $arch"
[[ $machine == "$wanted" ]] || { echo "check-deploy: the binary was built for another machine (ELF machine $machine)" >&2; exit 1; }
((size <= 7000000)) || { echo "check-deploy: the binary has more than 7,000,000 bytes" >&2; exit 1; }
