#!/usr/bin/env bash
# Installs what is missing, builds the release preset and runs every test, that of the report's page in Chromium included,
# whose libraries come from the npm registry. Arguments go to ctest: scripts/test.sh -R sim
# Larger golden files outside the repository are found through LOCI_GOLDEN_DIR, where that is set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh --report --browser
cmake --preset release -DLOCI_REPORT=ON -DLOCI_BROWSER_TEST=ON
cmake --build --preset release --parallel "$(nproc)"
ctest --preset release --parallel "$(nproc)" --no-tests=error "$@"
