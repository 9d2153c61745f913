#!/bin/sh
# Hunts through a day by two jobs, one after the other: the shards, and what merges them.
#
#     one-day.sh [DAY]
#
# The day is a UTC one like 2026-11-20, yesterday unless told. It needs kubectl, a shell
# and the right to make jobs in the namespace; the exit code is 0 if both jobs are done.
set -eu

day=${1:-$(date -u -d "@$(($(date +%s) - 86400))" +%Y-%m-%d)}
# A name of its own for each run: a plan stays as the first shard has frozen it.
run=$day-$(date -u +%H%M%S)

# start makes a job of the template of that name.
start() {
  kubectl create job "$1-$run" --from="cronjob/sparkless-$1" --dry-run=client --output=yaml |
    kubectl set env --local --filename=- DAY="$day" PLAN="$run" --output=yaml |
    kubectl create --filename=-
}

# ended waits for a job. A job has a limit of time, so it ends: `kubectl wait` for one
# condition would go on waiting if it came to the other.
ended() {
  until kubectl wait "job/$1-$run" --for=condition=Complete --timeout=60s; do
    if kubectl wait "job/$1-$run" --for=condition=Failed --timeout=1s; then
      kubectl logs "job/$1-$run" --all-pods=true --tail=20 --prefix || true
      return 1
    fi
  done
}

start shard
ended shard
start merge
ended merge
kubectl logs "job/merge-$run"
