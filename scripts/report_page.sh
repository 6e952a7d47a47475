#!/usr/bin/env bash
# Makes the page of `loci report` from report/ and builds loci with it. Needs node and npm, which it installs on Debian 12,
# and the npm registry once.
#   scripts/report_page.sh              libraries, page and program
#   scripts/report_page.sh --libraries  only fetches the libraries of report/package-lock.json, where they are not there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

libraries() {
  local installed=report/node_modules/.package-lock.json
  [ ! "$installed" -nt report/package-lock.json ] || return 0
  echo "report_page: fetching the libraries of the page"
  # No script of a library is run.
  npm ci --prefix report --ignore-scripts --no-audit --no-fund --loglevel=error
  touch "$installed"
}

if [ "${1:-}" = --libraries ]; then
  libraries
  exit
fi
[ "$#" -eq 0 ] || { echo "report_page: '$1' is not known; use --libraries or nothing" >&2; exit 2; }
scripts/setup.sh --report
libraries
cmake --preset release -DLOCI_REPORT=ON
cmake --build --preset release --parallel "$(nproc)" --target loci
