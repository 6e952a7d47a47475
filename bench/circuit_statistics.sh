#!/usr/bin/env bash
# Rates, irregularity and synchrony of the networks that simulators are compared on, over several seeds, beside what NEST, Brian2, GeNN
# and Auryn give.
# Usage: bench/circuit_statistics.sh [--seeds N] [--json FILE] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/circuit_statistics.py" "$@"
