#!/usr/bin/env bash
# Installs what loci needs from Debian 12's own packages. Safe to run again: with everything there it does nothing and
# needs neither root nor network.
#   scripts/setup.sh            to build, test and run
#   scripts/setup.sh --lint     the same, and clang-format and clang-tidy for scripts/lint.sh
#   scripts/setup.sh --verilog  the same, and Verilator and yosys for scripts/verilog_proof.sh
#   scripts/setup.sh --report   the same, and node and npm for the page of `loci report`, unless they are there
#   scripts/setup.sh --browser  the same, and Chromium for the page's test, unless it is there
#   scripts/setup.sh --bench    the same, and PyTorch, Brian2 and the fastest BLAS packaged, which bench/
#                               compares with
set -euo pipefail

packages=(
  g++ cmake ninja-build git ca-certificates
  libboost-graph-dev libtbb-dev libhdf5-dev libeigen3-dev libfmt-dev libhwy-dev librandom123-dev
  libtomlplusplus-dev nlohmann-json3-dev libcli11-dev
  libcurl4-openssl-dev libssl-dev zlib1g-dev
  catch2 python3 python3-h5py iverilog
  dataset-fashion-mnist
)

# Programs that people often have from elsewhere.
unless_there() { command -v "$1" >/dev/null || packages+=("$2"); }

for argument in "$@"; do
  case "$argument" in
    --lint) packages+=(clang-format clang-tidy) ;;
    --verilog) packages+=(verilator yosys) ;;
    --report) unless_there node nodejs; unless_there npm npm ;;
    --browser) unless_there chromium chromium ;;
    --bench) packages+=(python3-torch python3-brian libopenblas0-pthread libopenblas-pthread-dev) ;;
    *) echo "setup: '$argument' is not known; use --lint, --verilog, --report, --browser, --bench or nothing" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this is no Debian system (no apt); install the equivalents of: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: installing needs root and there is no sudo; as root run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "setup: installing ${missing[*]}"
apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
"${apt_get[@]}" update
"${apt_get[@]}" install --yes --no-install-recommends "${missing[@]}"
