#!/usr/bin/env bash
# Shows that parameters depend neither on the number of threads nor on interruptions: trains the demo's network briefly on 1, 2 and 8
# threads, then kills a run (SIGKILL) and resumes it, and prints the digest of the parameters of each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
loci=${LOCI_PROGRAM:-build/release/loci}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

train() { "$loci" train --preset demo --epochs 3 --train-images 12000 --quiet --force "$@"; }
digest() { "$loci" info "$1" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["parameter_sha256"])'; }

for threads in 1 2 8; do
  train --threads $threads --out "$out/threads$threads.h5" >/dev/null
  echo "$threads threads        $(digest "$out/threads$threads.h5")"
done
(exec "$loci" train --preset demo --epochs 3 --train-images 12000 --quiet --checkpoint-seconds 0 --out "$out/killed.h5") >/dev/null &
until [[ -s $out/killed.h5 ]]; do sleep 0.05; done
sleep 0.5
kill -KILL $!
wait $! 2>/dev/null || true
"$loci" info "$out/killed.h5" | grep -q 'loci train --resume' || { echo "the run ended before it was killed" >&2; exit 1; }
"$loci" train --resume "$out/killed.h5" --quiet >/dev/null
echo "killed, resumed  $(digest "$out/killed.h5")"
[[ $(for file in "$out"/*.h5; do digest "$file"; done | sort -u | wc -l) -eq 1 ]] || { echo "the parameters differ" >&2; exit 1; }
