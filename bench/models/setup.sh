#!/usr/bin/env bash
# Installs scikit-learn and isotree into a folder of their own, for Python 3.11
# (PYTHON311). What cannot be had is left out of the table. isotree is compiled here,
# for this processor, by a C++ compiler.
#
#   bench/models/setup.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON311:-python3.11}
[ -x "$1/bin/python" ] || "$python" -m venv "$1"
"$1/bin/pip" install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$here/requirements.txt"
"$1/bin/pip" install -q --disable-pip-version-check --require-hashes --no-deps -r "$here/requirements-isotree.txt" || echo "isotree cannot be built here" >&2
