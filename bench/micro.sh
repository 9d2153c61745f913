#!/usr/bin/env bash
# Runs the Go benchmarks of the scanner, the counts, partials, merging and the
# join, compares them with the last recorded run and records them, with a CPU
# profile of each package beside.
#
#   bench/micro.sh [COUNT] [PATTERN]
#
# COUNT is how often each runs, at least six for benchstat to tell a difference
# from noise; PATTERN picks benchmarks. Left out are the slowest joins and counts,
# and those over a network, which take minutes.
# RECORD=no only compares.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-6}
pattern=${2:-'^Benchmark[^G]|^BenchmarkGet'}
benchstat=golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
runs=bench/runs/micro
profiles=bench/runs/profiles
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
last=$(ls "$runs"/*.txt 2>/dev/null | tail -n 1 || true)
name=$(date -u +%F-%H%M)

packages=$(grep -rl --include='*_test.go' '^func Benchmark' masquerade publish storage | xargs -n1 dirname | sort -u)
for p in $packages; do
  go test -trimpath -run '^$' -bench "$pattern" -skip 'Join/fleet/1M|Join/family|Million|Distant|HTTPS' -benchmem -benchtime "${BENCHTIME:-0.5s}" -count "$count" \
    -o "$scratch/test" -cpuprofile "$scratch/$name-${p//\//-}.pprof" "./$p" | tee -a "$scratch/now.txt"
done
echo
if [ -n "$last" ]; then
  go run "$benchstat" "last=$last" "now=$scratch/now.txt"
else
  go run "$benchstat" "$scratch/now.txt"
fi
[ "${RECORD:-yes}" = yes ] || exit 0
mkdir -p "$runs" "$profiles"
cp "$scratch/now.txt" "$runs/$name.txt"
# Profiles of the last run only: they are for looking, not for comparing.
rm -f "$profiles"/*.pprof
cp "$scratch"/*.pprof "$profiles/"
