#!/usr/bin/env bash
# Installs what the comparisons need and builds build/bench/loci and build/bench/loci-bench. The other scripts call it; with
# everything there and built it takes a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh --bench
{
  [[ -e build/bench/build.ninja ]] || cmake --preset bench
  cmake --build --preset bench --parallel "$(nproc)" --target loci loci-bench
} >&2
