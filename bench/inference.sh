#!/usr/bin/env bash
# Images per second of trained 3-D networks: batch evaluator, clock-driven and event-driven engine, PyTorch; and where the event
# engine wins as activity falls.
# Usage: bench/inference.sh [MNIST_FOLDER] [--snn MODEL] [--mlp MODEL] [--rounds N] [--json FILE] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/inference.py" "$@"
