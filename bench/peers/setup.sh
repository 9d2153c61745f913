#!/usr/bin/env bash
# Fetches and builds the peers into a folder of their own; nothing is installed
# into the system. A peer that cannot be had leaves a file NAME.missing that says
# why, and the tables show it.
#
#   bench/peers/setup.sh FOLDER
#
# Python for DuckDB and Polars: 3.11 or later (PYTHON). For the notebook 3.10
# (PYTHON310): the newest for which its distance library can be compiled. Spark
# needs Java 17. simdjson is Debian's package, unpacked beside.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"

missing() { echo "$2" > "$1.missing"; echo "$1: $2" >&2; }

# python_of MINOR…: the first Python 3.MINOR there is, pyenv's included.
python_of() {
  local minor p
  for minor in "$@"; do
    for p in "python3.$minor" "$HOME/.pyenv/versions/3.$minor".*/bin/python; do
      command -v "$p" >/dev/null && "$p" -c "import sys; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null && command -v "$p" && return
    done
  done
  return 1
}

# environment NAME PYTHON REQUIREMENTS PIP-OPTION…
environment() {
  local name=$1 python=$2 requirements=$here/$3
  shift 3
  rm -f "$name.missing"
  cmp -s "$requirements" "$name/installed.txt" && return
  rm -rf "$name"
  if [ -z "$python" ]; then missing "$name" "no Python of the right version"; return; fi
  if "$python" -m venv "$name" && "$name/bin/pip" install -q --disable-pip-version-check --require-hashes "$@" -r "$requirements"; then
    cp "$requirements" "$name/installed.txt"
  else
    missing "$name" "its Python packages could not be installed"
  fi
}

environment python "${PYTHON:-$(python_of 13 12 11 || true)}" requirements.txt --only-binary :all:
environment spark "${PYTHON310:-$(python_of 10 || true)}" requirements-spark.txt
if [ ! -e spark.missing ] && ! java -version 2>/dev/null; then missing spark "no Java"; fi

simdjson() {
  local libraries=root/usr/lib/$(uname -m)-linux-gnu
  [ simdjson/peer -nt "$here/simdjson/peer.cpp" ] && return
  mkdir -p simdjson
  (cd simdjson && { ls libsimdjson-dev_*.deb >/dev/null 2>&1 || apt-get download -q libsimdjson-dev libsimdjson14 >/dev/null 2>&1; } &&
    for f in *.deb; do dpkg -x "$f" root; done &&
    g++ -O3 -march=native -std=c++20 -o peer "$here/simdjson/peer.cpp" -I root/usr/include \
      -L "$libraries" -l:libsimdjson.so.14 -Wl,-rpath,"$PWD/$libraries" -lpthread)
}
rm -f simdjson.missing
simdjson || missing simdjson "no package libsimdjson-dev here, or no C++ compiler"
