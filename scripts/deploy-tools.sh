#!/usr/bin/env bash
# Installs the deployment tools (SAM CLI, cfn-lint, cargo-lambda, zig) into the project's own folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

home=.tools/deploy
wanted=scripts/requirements-deploy.txt
python=${PYTHON:-python3}

if cmp --silent "$wanted" "$home/installed.txt"; then
    exit 0
fi
command -v "$python" >/dev/null || {
    echo "deploy-tools: $python is not installed; install Python 3.10 or later, or name one with PYTHON=" >&2
    exit 1
}
rm -rf "$home"
"$python" -m venv "$home"
"$home/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
# The last step, so that an interrupted installation starts again.
cp "$wanted" "$home/installed.txt"
