#!/usr/bin/env bash
# What becomes of trained networks on every export target: accuracy in real numbers, emulated before and after the scale search and
# after quantisation-aware training. Models are trained once and kept.
# Usage: bench/targets.sh MNIST_FOLDER [--targets "T;T;..."] [--samples N] [--models FOLDER] [--seed S] [--threads N] [--help]
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
"$here/prepare.sh"
exec /usr/bin/python3 -B "$here/targets.py" "$@"
