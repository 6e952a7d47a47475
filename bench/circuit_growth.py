"""How time and memory of the spatial network in two dimensions grow with its neurons at a constant degree of 500, with synapses stored
and procedural (made again at every spike). Every row is a process of its own; a slope is that of logarithms from the row above, and
1 is growth in proportion. Peak memory is the process's.
Usage: bench/circuit_growth.sh [--sizes N,N,...] [--rounds N] [--threads N] [--duration MS] [--json FILE]"""
import argparse
import math
import os
import statistics
import sys

import common

LOW_HZ, HIGH_HZ = 18.0, 30.0  # of the start of a run, at any size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=common.numbers, default=[10_000, 30_000, 100_000, 300_000, 1_000_000], help="neurons")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--duration", type=float, default=100.0, help="ms, from the start")
    parser.add_argument("--json", metavar="FILE", help="write configuration, machine and every single timing")
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    modes = {"stored": [], "procedural": ["--procedural"]}
    runs = {(mode, n): [] for mode in modes for n in options.sizes}
    for _ in range(options.rounds):
        for (mode, n), each in runs.items():
            each.append(common.loci_bench("circuit", "--network", "spatial2d", "--size", n / 20_000, "--threads", options.threads,
                                          "--warmup", 0, "--duration", options.duration, *modes[mode]))
            if not LOW_HZ <= each[-1]["rate_hz"] <= HIGH_HZ:
                sys.exit(f"{n} neurons fire at {each[-1]['rate_hz']:.2f} Hz, and {LOW_HZ} to {HIGH_HZ} Hz are expected")
    rows, earlier = [], None
    for (mode, n), each in runs.items():
        def median(key):
            return statistics.median(run[key] for run in each)

        now = {"mode": mode, "n": n, "build": median("build_seconds"), "peak": median("peak_mib"),
               "run": median("seconds_per_biological_second") * options.duration * 1e-3}
        slopes = ["-"] * 3
        if earlier and earlier["mode"] == mode:
            slopes = [f"{math.log(now[key] / earlier[key]) / math.log(n / earlier['n']):.2f}" for key in ("build", "run", "peak")]
        rows.append([mode, str(n), median("rate_hz"), now["build"], now["run"], now["peak"], median("bytes_per_synapse"), *slopes])
        earlier = now
    common.print_table(["synapses", "neurons", "Hz", "build s", "run s", "peak MiB", "B/synapse", "slope build", "run", "peak"], rows)
    common.finish(options, {"runs": [{"mode": mode, "n": n, "runs": each} for (mode, n), each in runs.items()]})


if __name__ == "__main__":
    main()
