#!/usr/bin/env bash
# Time and memory of a training update beside PyTorch's: dense and 3-D, rate and spiking networks with 2,048 hidden neurons, on
# 1 and 2 threads, after checking that both compute the same.
# Usage: bench/beside_pytorch.sh [MNIST_FOLDER] [--rounds N] [--only NAME] [--json FILE] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/beside_pytorch.py" "$@"
