#!/usr/bin/env bash
# Time and memory of a training update against the number of time steps (1 to 100), with constant and Bernoulli input, beside
# PyTorch.
# Usage: bench/time_steps.sh [MNIST_FOLDER] [--rounds N] [--steps T,T,...] [--json FILE] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/time_steps.py" "$@"
