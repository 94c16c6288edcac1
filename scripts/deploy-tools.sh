#!/usr/bin/env bash
# Installs the deployment tools (SAM CLI, cfn-lint, cargo-lambda, zig) into the project's own folder. Prints the line that
# puts them on the PATH of a shell on standard output, and everything else on standard error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

home=.tools/deploy
wanted=scripts/requirements-deploy.txt
python=${PYTHON:-python3}

install() {
    command -v "$python" >/dev/null || {
        echo "deploy-tools: $python is not installed; install Python 3.10 or later, or name one with PYTHON=" >&2
        exit 1
    }
    echo "deploy-tools: installing SAM, cargo-lambda, cfn-lint and zig into $home (about 800 MB); this takes some minutes"
    rm -rf "$home"
    "$python" -m venv "$home"
    "$home/bin/pip" install --disable-pip-version-check --requirement "$wanted"
    # The last step, so that an interrupted installation starts again.
    cp "$wanted" "$home/installed.txt"
    echo "deploy-tools: installed; put them on the PATH of this shell with:"
}

cmp --silent "$wanted" "$home/installed.txt" || install >&2
echo "export PATH=\"$PWD/$home/bin:\$PATH\""
