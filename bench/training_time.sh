#!/usr/bin/env bash
# Time per epoch of the paper's 3-D networks (2,048 hidden neurons, batch 600, 25 steps) on 1 and 2 threads, in turn, with peak
# memory and the share of time of each phase. Usage: bench/training_time.sh [ROUNDS [MNIST_FOLDER]]; without a folder the images are
# Fashion-MNIST's, which are brighter (about half of the pixels are lit, a fifth in MNIST) and take longer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-3}
data=(--dataset fashion-mnist)
[[ $# -lt 2 ]] || data=(--dataset mnist --data-dir "$2")
loci=${LOCI_PROGRAM:-build/release/loci}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

for ((round = 0; round < rounds; ++round)); do
  for preset in mlp-3d snn-3d; do
    for threads in 1 2; do
      "$loci" train --preset $preset "${data[@]}" --batch-size 600 --epochs 2 --threads $threads --quiet --json --force \
        --out "$out/model.h5" >"$out/$preset-$threads-$round.json"
    done
  done
done
python3 - "$out" <<'PYTHON'
import json, statistics, sys
from pathlib import Path

folder = Path(sys.argv[1])
print(f"{'network':8} {'threads':>7} {'s/epoch':>8} {'ms/update':>9} {'peak MiB':>8}  share of time")
for preset in ("mlp-3d", "snn-3d"):
    medians = {}
    for threads in (1, 2):
        runs = [json.loads(path.read_text()) for path in sorted(folder.glob(f"{preset}-{threads}-*.json"))]
        column = runs[0]["history"]["columns"].index("seconds")
        seconds = statistics.median(row[column] for run in runs for row in run["history"]["rows"])
        medians[threads] = seconds
        shares = "  ".join(f"{phase} {100 * share:.0f} %" for phase, share in runs[0]["share_of_time"].items())
        memory = max(run["peak_memory_mib"] for run in runs)
        print(f"{preset:8} {threads:7} {seconds:8.2f} {10 * seconds:9.1f} {memory:8.0f}  {shares}")
    print(f"{preset:8} two threads are {medians[1] / medians[2]:.2f} times as fast as one")
PYTHON
