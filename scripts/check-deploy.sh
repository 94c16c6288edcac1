#!/usr/bin/env bash
# Checks the deployment without an AWS account: cfn-lint, sam validate --lint, parameters in samconfig.toml, and a real
# sam build.
#
#   scripts/check-deploy.sh            for the template's processor, or for this machine if Rust's target cannot be installed
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

of_template() { sed -n 's/^    Architectures: \[\(.*\)\]$/\1/p' template.yaml; }
arch=${ARCH:-$(of_template)}
target_of() { case $1 in arm64) echo aarch64 ;; *) echo "$1" ;; esac; }
if [[ -z ${ARCH:-} ]] && ! has_target "$(target_of "$arch")-unknown-linux-gnu"; then
    missing=$arch arch=$(uname -m | sed 's/aarch64/arm64/')
    echo "check-deploy: Rust's target for $missing cannot be installed here; building for $arch instead" >&2
fi

case $arch in
    arm64) wanted=183 ;;
    x86_64) wanted=62 ;;
    *) echo "check-deploy: unknown processor '$arch'; set ARCH to arm64 or x86_64" >&2; exit 1 ;;
esac

# cfn-lint checks both sides of every condition, so values for parameters (--parameters) would make no difference.
step "cfn-lint template.yaml"
cfn-lint template.yaml

step "sam validate --lint"
sam validate --lint

step "scripts/set-parameter.sh writes what sam reads"
config=$(mktemp)
trap 'rm -f "$config" "${template:-}"' EXIT
keys=vendor=$(printf 0%.0s {1..64}),vendor-2=$(printf 1%.0s {1..64})
printf '[default.deploy.parameters]\nparameter_overrides = "OnError=\\"default\\" ApiKeys=\\"vendor=0\\" AlarmEmail=\\"\\""\n' >"$config"
scripts/set-parameter.sh --config-file "$config" "ApiKeys=$keys" ExistingRulesTable=rules-2 AlarmEmail= >/dev/null
.tools/deploy/bin/python - "$config" "$keys" <<'END'
import sys
import tomlkit
from samcli.cli.types import CfnParameterOverridesType
written = tomlkit.parse(open(sys.argv[1]).read())["default"]["deploy"]["parameters"]["parameter_overrides"]
read = CfnParameterOverridesType().convert((str(written),), None, None)
read = {name.strip('"'): value[1:-1] if value[:1] == '"' else value for name, value in read.items()}
wanted = {"OnError": "default", "ApiKeys": sys.argv[2], "AlarmEmail": "", "ExistingRulesTable": "rules-2"}
assert read == wanted, (read, wanted)
END

step "sam build for $arch"
# A copy of the template with this processor. sam reads paths from the folder of the sources.
template=$(mktemp "$PWD/.template-XXXXXX")
sed "s/^    Architectures: .*/    Architectures: [$arch]/" template.yaml >"$template"
sam build --template-file "$template" --base-dir "$PWD"

check_binary() {
    local binary=.aws-sam/build/$1/bootstrap program=$2 machine size
    machine=$(od -A n -t u2 -j 18 -N 2 "$binary" | tr -d ' ') # e_machine of the ELF header
    size=$(($(wc -c <"$binary")))
    echo "$binary: $size bytes, for $arch"
    [[ $machine == "$wanted" ]] || { echo "check-deploy: $binary was built for another machine (ELF machine $machine)" >&2; exit 1; }
    ((size <= 7000000)) || { echo "check-deploy: $binary has more than 7,000,000 bytes" >&2; exit 1; }
    # A text that only this program has.
    grep -q "$program" "$binary" || { echo "check-deploy: $binary is not $program" >&2; exit 1; }
}
check_binary Hook 'precall-hook: '
check_binary JournalFunction 'precall-journal: '
