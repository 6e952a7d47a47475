#!/usr/bin/env bash
# How time and memory of the spatial network grow with its neurons at constant degree, with stored and with procedural synapses.
# Usage: bench/circuit_growth.sh [--sizes N,N,...] [--rounds N] [--threads N] [--duration MS] [--json FILE] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/circuit_growth.py" "$@"
