#!/usr/bin/env bash
# The whole way in one command: builds loci, trains the eight-dimensional spiking network (448 hidden neurons) on
# Fashion-MNIST, evaluates it, replays test images in the event engine, and says what was written under out/demo/.
# Arguments go to `loci train`: scripts/demo.sh --epochs 3
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh --report
cmake --preset release
cmake --build --preset release --parallel "$(nproc)" --target loci

loci=build/release/loci
out=out/demo
mkdir -p "$out"

step() { printf '\n== %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }

step "train"
run "$loci" train --preset demo --out "$out/model.h5" --force "$@"
step "evaluate on the test images"
run "$loci" eval "$out/model.h5"
step "simulate 200 test images, event by event"
run "$loci" simulate "$out/model.h5" --samples 200 --engine event --compare --out "$out/spikes.h5" --force
step "look at what was written"
run "$loci" info "$out/model.h5"
run "$loci" info "$out/spikes.h5"

if grep -q '^LOCI_HAS_REPORT_PAGE:INTERNAL=TRUE' build/release/CMakeCache.txt; then
  step "a page about both, for any browser"
  run "$loci" report "$out/model.h5" "$out/spikes.h5" -o "$out/report.html" --force
fi
step "the same as figures"
run "$loci" plot "$out/model.h5" --what training -o "$out/training.svg" --force
run "$loci" plot "$out/spikes.h5" --what raster -o "$out/raster.svg" --force

step "files"
find "$out" -type f -printf '%10s bytes  %p\n' | sort -k3
