#!/usr/bin/env bash
# Proves exported C: compiles it, runs the samples that were exported with it, of which the spikes of every output have to be
# the emulator's, and prints bytes and images per second.
#   scripts/c_proof.sh FOLDER      the folder that `loci export MODEL --target c --write-samples N` wrote
# Ends with 1 if a sample differs. What is made goes to FOLDER/proof. CC chooses the compiler (gcc).
set -euo pipefail
folder=$(realpath "${1:?usage: scripts/c_proof.sh FOLDER}")
samples=("$folder"/*_samples.txt)
if [ "${#samples[@]}" -ne 1 ] || [ ! -e "${samples[0]}" ]; then
  echo "c_proof: $folder holds no samples (*_samples.txt), or several; export a network with --target c" >&2
  exit 2
fi
name=$(basename "${samples[0]}" _samples.txt)
n_steps=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["samples"]["steps"])' "$folder/certificate.json")
compiler=${CC:-gcc}
work=$folder/proof
rm -rf "$work"
mkdir "$work"
cd "$work"

"$compiler" -std=c99 -O2 -Wall -Wextra -Wpedantic -Werror -o run "../$name.c" "../${name}_main.c"
"$compiler" -std=c99 -Os -c "../$name.c" -o "$name.o"
size "$name.o" | tee size.txt
python3 - "$n_steps" "$name" <<'PYTHON'
import resource
import subprocess
import sys

n_steps, name = sys.argv[1:]
with open(f"../{name}_samples.txt") as samples:
    printed = subprocess.run(["./run", n_steps, "quiet"], stdin=samples, stdout=subprocess.PIPE, text=True, check=True).stdout
seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
expected = open(f"../{name}_expected.txt").read().splitlines()
printed = printed.splitlines()
unlike = sum(a != b for a, b in zip(expected, printed)) + abs(len(expected) - len(printed))
classes = sum(a.split()[1] != b.split()[1] for a, b in zip(expected, printed))
spikes = sum(int(count) for line in expected for count in line.split()[2:])
print(f"{len(expected)} images, {spikes} output spikes: {unlike} images unlike the emulator's, {classes} of another class")
print(f"{len(printed) / seconds:.1f} images per second of processor time, reading them included")
sys.exit(1 if unlike or not spikes else 0)
PYTHON
