"""How time and memory of a training update (gradient and Adam) grow with the network: 64-n-n-10 in 3-D, a small batch of random
inputs, in three modes. tiled: every pair is an edge, and its weight is made anew wherever it is needed, so that memory grows
with n. culled: edges are the pairs within a cutoff; more neurons have more room, so that each keeps as many edges. dense: stored
weights. Every row is a process of its own. The first update of a culled network sorts the neurons in space and lists who is near
whom; later ones do so again only where neurons have moved far.
Usage: bench/scaling.sh [--sizes N,N,...] [--neuron snn] [--limit SECONDS] [--rounds N] [--json FILE]"""
import argparse
import math
import statistics
import sys

import common

MODES = ("tiled", "culled", "dense")
BOUND = 1e-4  # single precision, roots good to 2^-21, and sums over as many as n^2 pairs


class Row:
    """One network, over all rounds."""

    def __init__(self, mode, n):
        self.mode, self.n, self.runs, self.left_out = mode, n, [], ""

    def measure(self, options):
        if not self.left_out:
            self.runs.append(common.loci_bench("scaling", "--mode", self.mode, "--n", self.n, *options.network, "--batch",
                                               options.batch, "--updates", options.updates, "--most-seconds", options.seconds))

    @property
    def first(self):
        return statistics.median(run["first_seconds"] for run in self.runs)

    @property
    def later(self):
        return statistics.median(seconds for run in self.runs for seconds in run["later_seconds"])

    @property
    def peak_mib(self):
        return statistics.median(run["memory"]["peak_mib"] for run in self.runs)

    @property
    def edges(self):
        return sum(connection["edges"] for connection in self.runs[0]["connections"])

    @property
    def made(self):
        return sum(connection["pairs_made"] for connection in self.runs[0]["connections"])

    @property
    def ns_per_edge_sample(self):
        return 1e9 * self.later / (self.edges * self.runs[0]["batch_size"])

    def foreseen(self, n):
        """Seconds of an update at n, from the least disturbed here: time grows with the edges."""
        return min(min(run["later_seconds"]) for run in self.runs) * (n / self.n) ** (1 if self.mode == "culled" else 2)

    def cells(self, earlier):
        if self.left_out:
            return [self.mode, str(self.n), *["-"] * 9, self.left_out]
        per_neuron = self.runs[0]["connections"][1]["edges"] / self.n
        n_later = sum(len(run["later_seconds"]) for run in self.runs)
        n_sorted = f"{sum(run['later_sorted'] for run in self.runs)}/{n_later}" if self.mode == "culled" else "-"
        return [self.mode, str(self.n), str(self.edges), per_neuron, self.made / self.edges, self.first, self.later, n_sorted,
                self.ns_per_edge_sample, self.peak_mib, self.local_slopes(earlier), ""]

    def local_slopes(self, earlier):
        """Of time and of memory, from the row above."""
        if earlier is None:
            return "-"
        steps = math.log(self.n / earlier.n)
        return f"{math.log(self.later / earlier.later) / steps:.2f}, {math.log(self.peak_mib / earlier.peak_mib) / steps:.2f}"

    def report(self):
        report = {"mode": self.mode, "n": self.n, "left_out": self.left_out, "runs": self.runs}
        if self.runs:
            report.update(edges=self.edges, first_seconds=self.first, later_seconds=self.later, peak_mib=self.peak_mib,
                          ns_per_edge_sample=self.ns_per_edge_sample)
        return report


def leave_out(row, earlier, options):
    if row.mode == "dense" and 16 * row.n**2 / 2**20 > options.dense_mib:
        row.left_out = f"not run: {16 * row.n**2 / 2**30:.0f} GiB of weights, gradients and moments"
    elif earlier is not None and earlier.left_out:
        row.left_out = "not run: see above"
    elif earlier is not None and 0 < options.limit < earlier.foreseen(row.n):
        row.left_out = f"not run: about {earlier.foreseen(row.n):.2g} s an update"


def slope(rows, value):
    """Least squares of log value on log n."""
    points = [(math.log(row.n), math.log(value(row))) for row in rows if row.runs]
    if len(points) < 2:
        return None
    x, y = ([point[axis] for point in points] for axis in (0, 1))
    x_mean, y_mean = statistics.mean(x), statistics.mean(y)
    return sum((a - x_mean) * (b - y_mean) for a, b in points) / sum((a - x_mean) ** 2 for a in x)


def slopes_of(rows):
    """With the largest sizes alone beside them: what is constant hides the growth of small networks."""
    return {name: {"all": slope(rows, value), "largest": slope([row for row in rows if row.runs][-3:], value)}
            for name, value in (("first", lambda row: row.first), ("later", lambda row: row.later),
                                ("peak", lambda row: row.peak_mib))}


def check(mode, n, options):
    result = common.run([common.LOCI_BENCH, "scaling", "--check", "--mode", mode, "--n", str(n), *map(str, options.network),
                         "--batch", str(options.check_batch)], timed=False)
    groups = result["groups"]
    # A gap's gradient is one sum over all pairs, of both signs: where it happens to be small, its error is not.
    largest_gap = max((group["largest_gradient"] for name, group in groups.items() if name.startswith("gap")), default=0)
    errors = {}
    for name, group in groups.items():
        kind = name.rstrip("0123456789")
        error = group["largest"] * (group["largest_gradient"] / largest_gap if kind == "gap" else 1)
        errors[kind] = max(error, errors.get(kind, 0))
    print(f"  {mode}, n = {n}: loss {result['loss']['relative_error']:.0e}; "
          + ", ".join(f"{kind} {error:.0e}" for kind, error in errors.items()), flush=True)
    agrees = result["loss"]["relative_error"] <= BOUND and all(error <= BOUND for error in errors.values())
    if not agrees:
        sys.exit(f"{mode}, n = {n}: beyond {BOUND} of the reference, nothing was timed. A neuron is as near as "
                 f"{result['nearest_to_turning']:.0e} to where its output turns; if that is next to nothing, try another --seed.")
    return {"mode": mode, "n": n, "bound": BOUND, "errors": errors, "result": result}


def print_rows(series, options):
    network = "spiking, " + f"{options.steps} steps" if options.neuron == "snn" else "rate"
    print(f"\nOne update of 64-n-n-10 ({network}), batch {options.batch}, {options.threads} threads, medians of {options.rounds} "
          "rounds. Edges: of all\nconnections; per neuron: between the wide layers. Made: pairs whose weights are made, for each "
          "edge. Sorted: later\nupdates that sorted neurons anew. Slopes: of the logarithms of later seconds and of peak memory "
          "against that of n, from\nthe row above.")
    head = ["mode", "n", "edges", "per neuron", "made", "first s", "later s", "sorted", "ns/edge/sample", "peak MiB", "slopes", ""]
    cells = []
    for rows in series.values():
        earlier = None
        for row in rows:
            cells.append(row.cells(earlier))
            earlier = row if row.runs else None
    common.print_table(head, cells)
    print("\nSlope of the logarithm against that of n, over all rows (over the three largest):")
    for mode, rows in series.items():
        fits = [(name, *("-" if at is None else f"{at:.2f}" for at in fit.values())) for name, fit in slopes_of(rows).items()]
        print(f"  {mode:7} " + "; ".join(f"{name} {every} ({largest})" for name, every, largest in fits))


def options_of():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=common.numbers, default=[1000, 2000, 5000, 10000, 20000, 50000, 100000], help="rising")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--neuron", choices=["mlp", "snn"], default="mlp")
    parser.add_argument("--steps", type=int, default=5, help="time steps of the spiking network")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--edges", type=float, default=500, help="culled: mean per neuron between the wide layers")
    parser.add_argument("--gap", type=float, default=0.1, help="initial distance of neighbouring layers")
    parser.add_argument("--limit", type=float, default=15, help="seconds that an update may take; 0: any")
    parser.add_argument("--dense-mib", type=float, default=common.machine()["memory_mib"] / 6,
                        help="that stored weights, gradients and moments may take")
    parser.add_argument("--check-sizes", type=common.numbers, default=[1000, 3000], help="compared with the reference")
    parser.add_argument("--check-batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3, help="times that everything is measured, in turn")
    parser.add_argument("--updates", type=int, default=10, help="timed after the first, in a round")
    parser.add_argument("--seconds", type=float, default=5, help="no further update after so long")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1, help="of the parameters and random input")
    parser.add_argument("--json", metavar="FILE", help="write configuration, machine and every single timing")
    options = parser.parse_args()
    if set(options.modes.split(",")) - set(MODES):
        parser.error(f"--modes: any of {', '.join(MODES)}")
    options.network = ["--neuron", options.neuron, "--steps", options.steps, "--edges", options.edges, "--gap", options.gap,
                       "--seed", options.seed, "--threads", options.threads]
    return options


def main():
    options = options_of()
    series = {mode: [Row(mode, n) for n in options.sizes] for mode in options.modes.split(",")}
    print("Largest difference from the reference in double, relative to the largest gradient of the same parameters:", flush=True)
    agreement = [check(mode, n, options) for mode in series for n in options.check_sizes]
    for round_ in range(options.rounds):
        for at in range(len(options.sizes)):
            for rows in series.values():
                if round_ == 0:
                    leave_out(rows[at], rows[at - 1] if at > 0 else None, options)
                rows[at].measure(options)
    print_rows(series, options)
    common.finish(options, {"agreement": agreement, "rows": [row.report() for rows in series.values() for row in rows],
                            "slopes": {mode: slopes_of(rows) for mode, rows in series.items()}})


if __name__ == "__main__":
    main()
