#!/usr/bin/env bash
# What fraction of the machine's matrix-product rate the first layer reaches: a batch of 600 through 784-2048, forward and weight
# gradient, beside OpenBLAS, with real images and with random pixels from dark to fully lit.
# Usage: bench/products.sh [MNIST_FOLDER] [--rounds N] [--densities D,D,...] [--json FILE] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/products.py" "$@"
