#!/usr/bin/env bash
# The clock engine beside Brian2 (compiled mode) on the networks that simulators are compared on: construction, simulation, memory;
# and each part of it beside a plain loop that does only that. Checks synapses and rates first.
# Usage: bench/circuits.sh [--networks N,N,...] [--rounds N] [--threads N,N] [--duration MS] [--no-brian2] [--json FILE] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/circuits.py" "$@"
