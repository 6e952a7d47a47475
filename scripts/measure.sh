#!/usr/bin/env bash
# Fills experiments/results/ with the accuracies the README quotes: each missing run of the table below is trained and its
# summary kept as JSON. Usage: scripts/measure.sh MNIST_FOLDER [PATTERN]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mnist=${1:?usage: scripts/measure.sh MNIST_FOLDER [PATTERN]}
pattern=${2:-.}
loci=${LOCI_PROGRAM:-build/release/loci}
results=experiments/results
mkdir -p "$results" out/measure

# preset, seed
runs="mlp-14 1
snn-3d 1
mlp-3d 1
mlp-3d 2
mlp-3d 3
snn-14 1"

while read -r preset seed; do
  name="$preset-seed$seed"
  [[ $name =~ $pattern && ! -e $results/$name.json ]] || continue
  echo "== $name"
  "$loci" train --preset "$preset" --seed "$seed" --data-dir "$mnist" --threads "${LOCI_THREADS:-0}" \
    --out "out/measure/$name.h5" --force --json >"out/measure/$name.json" </dev/null
  sed -e 's#\(dir = \\"\)[^"]*\\"#\1\\"#' "out/measure/$name.json" >"$results/$name.json"
done <<<"$runs"
grep -H '"test_accuracy"' "$results"/*.json
