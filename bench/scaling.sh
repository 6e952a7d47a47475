#!/usr/bin/env bash
# How time and memory of a training update grow with the network, 64-n-n-10 in 3-D with n from 1,000 to 100,000: every pair an edge,
# edges within a cutoff, and stored weights. Compares loss and gradients with the plain reference first.
# Usage: bench/scaling.sh [--sizes N,N,...] [--modes M,M,...] [--neuron snn] [--limit SECONDS] [--rounds N] [--json FILE] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/scaling.py" "$@"
