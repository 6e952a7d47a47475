#!/usr/bin/env bash
# What a cutoff costs in accuracy: 3-D networks trained with a cutoff, and beside each one with as many edges removed by pruning the
# smallest weights. Finished runs are kept in experiments/results/cutoff/ and not repeated.
# Usage: bench/cutoff_accuracy.sh [MNIST_FOLDER] [--snn] [--cutoffs C,C,...] [--epochs E] [--seed S] [--threads N] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/cutoff_accuracy.py" "$@"
