#!/usr/bin/env bash
# Proves an exported Verilog network: checks it with Verilator's lint, runs the samples of its test bench in Verilator,
# where every spike of every layer must be the emulator's, and synthesises it with yosys for iCE40 and ECP5, printing cells
# and memory bits.
#   scripts/verilog_proof.sh FOLDER      the folder that `loci export MODEL --target verilog` wrote
# Ends with 1 if a spike differs. What the tools write goes to FOLDER/proof.
set -euo pipefail
folder=$(realpath "${1:?usage: scripts/verilog_proof.sh FOLDER}")
"$(dirname "${BASH_SOURCE[0]}")/setup.sh" --verilog

benches=("$folder"/*_bench.v)
if [ "${#benches[@]}" -ne 1 ] || [ ! -e "${benches[0]}" ]; then
  echo "verilog_proof: $folder holds no test bench (*_bench.v), or several; export a network with --target verilog" >&2
  exit 2
fi
name=$(basename "${benches[0]}" _bench.v)
work=$folder/proof
rm -rf "$work"
mkdir "$work"
cp "$folder"/*.v "$folder"/*.hex "$folder"/synth.sh "$work"
cd "$work"

verilator --lint-only -Wall -Wno-DECLFILENAME -Wno-UNUSEDSIGNAL --top-module "$name" loci_lif.v "$name.v"
echo "lint: nothing to say"
verilator --binary -Wno-fatal --top-module "${name}_bench" -j "$(nproc)" loci_lif.v "$name.v" "${name}_bench.v" \
  >verilator.log 2>&1 || { cat verilator.log >&2; exit 1; }
"obj_dir/V${name}_bench" | tee bench.log
for family in ice40 ecp5; do sh synth.sh "$family"; done
grep -q ' 0 mismatches$' bench.log
