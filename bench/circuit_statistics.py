"""Mean rate, mean CV of inter-spike intervals (neurons with at least 5 of them), spread of rates over neurons and Fano factor of counts in
5 ms, of the networks that simulators are compared on, as the mean over seeds and its standard error. Peers ran one seed each, so their
spread is that of simulators and of seeds: a mean is inside where it lies between the lowest and the highest of them, or where the nearer
one lies in the interval in which one more seed of ours would lie 19 times out of 20 (Student's t). The CV grows with the time simulated:
each line has the peers' own. GeNN's delays in the spatial network are rounded otherwise.
Usage: bench/circuit_statistics.sh [--seeds N] [--json FILE]"""
import argparse
import os
import statistics
import sys

import common

STATISTICS = ("rate_hz", "cv_isi", "rate_sd_hz", "fano_5ms")
# (network, ms, what NEST, Brian2, GeNN and Auryn gave in that time)
PEERS = [
    ("cuba", 5000, {"rate_hz": [5.39, 5.60, 5.32, 5.40], "cv_isi": [0.703, 0.699, 0.695], "rate_sd_hz": [5.04, 5.27, 5.09],
                    "fano_5ms": [6.5, 6.9, 5.9]}),
    ("brunel-indegree", 1000, {"rate_hz": [16.06], "cv_isi": [0.462], "rate_sd_hz": [1.97], "fano_5ms": [183]}),
    ("brunel", 500, {"rate_hz": [15.99], "cv_isi": [0.367], "rate_sd_hz": [10.2], "fano_5ms": [186]}),
    ("brunel", 1000, {"rate_hz": [16.14, 16.30], "cv_isi": [0.433], "rate_sd_hz": [10.1], "fano_5ms": [170]}),
    ("spatial2d", 500, {"rate_hz": [24.02, 24.46, 26.2, 25.1], "cv_isi": [0.354, 0.353], "rate_sd_hz": [10.2, 11.0, 14.5],
                        "fano_5ms": [73, 86, 127]}),
    ("spatial2d", 300, {"cv_isi": [0.303]}),
    ("spatial3d", 300, {"rate_hz": [22.7, 22.2]}),
]
# Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom.
STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101,
           2.093]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--json", metavar="FILE", help="write every single number")
    options = parser.parse_args()
    if not 2 <= options.seeds <= len(STUDENT) + 1:
        parser.error(f"--seeds: 2 to {len(STUDENT) + 1}")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    rows, report, outside = [], [], 0
    for network, duration, peers in PEERS:
        runs = [common.run([common.LOCI_BENCH, "circuit", "--network", network, "--duration", str(duration), "--seed", str(seed)],
                           timed=False) for seed in range(1, options.seeds + 1)]
        for statistic, theirs in peers.items():
            ours = [run[statistic] for run in runs]
            mean, spread = statistics.mean(ours), statistics.stdev(ours)
            margin = STUDENT[len(ours) - 2] * spread * (1 + 1 / len(ours)) ** 0.5
            inside = min(theirs) - margin <= mean <= max(theirs) + margin
            outside += not inside
            rows.append([network, f"{duration} ms", statistic, f"{mean:.4g} +- {spread / len(ours) ** 0.5:.2g}", f"{spread:.2g}",
                         " ".join(f"{each:g}" for each in theirs), "inside" if inside else "OUTSIDE"])
            report.append({"network": network, "duration_ms": duration, "statistic": statistic, "ours": ours, "peers": theirs})
    common.print_table(["network", "time", "statistic", "loci, mean", "of seeds", "peers", ""], rows)
    common.finish(options, {"statistics": report})
    sys.exit(1 if outside else 0)


if __name__ == "__main__":
    main()
