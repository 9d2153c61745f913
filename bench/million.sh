#!/usr/bin/env bash
# Hunts through a sample day of a million events, from a local folder in the page
# cache, in turn with reading the same files alone (cat to /dev/null) and with
# the strict mode. Prints wall seconds, CPU seconds and peak kB of each run.
#
#   make build && bench/million.sh [rounds] > bench/runs/$(date +%F).txt
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
dir=out/million
[ -d "$dir" ] || bin/sparkless sample --out "$dir" --day 2026-11-20 --events 1000000 --names 20000 --hosts 2000 --impostors 60 2>/dev/null

echo "$(bin/sparkless --version), $(nproc) processors, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(uname -sr)"
echo "$(find "$dir/am-securityevent" -name '*.json' | wc -l) blobs, $(du -sb "$dir/am-securityevent" | cut -f1) bytes"
timed() { # NAME COMMAND…
  local name=$1; shift
  /usr/bin/time -f "$name wall %e s, cpu %U + %S s, peak %M kB" "$@" 2>&1 >/dev/null | tail -n 1
}
hunt() { rm -rf out/million-work; timed "$1" bin/sparkless run --folder "$dir" --day 2026-11-20 --work-folder out/million-work "${@:2}"; }
for _ in $(seq "$rounds"); do
  timed "read only    " find "$dir/am-securityevent" -name '*.json' -exec cat {} +
  hunt  "hunt         "
  timed "second run   " bin/sparkless run --folder "$dir" --day 2026-11-20 --work-folder out/million-work
  hunt  "hunt --strict" --strict
done
rm -rf out/million-work
