"""Time and memory of a training update against the number of time steps: 3-D spiking network 784-2048-10, batch 600, constant
and Bernoulli input, beside PyTorch on the same batch (weights from positions once an update; a constant input's first product
hoisted, of spikes taken in every step). The learning rate is next to nothing, so that the network fires alike in all updates.
PyTorch is left out where an update would take longer, or more memory, than the options allow.
Usage: bench/time_steps.sh [MNIST_FOLDER] [--rounds N] [--json FILE]"""
import tempfile
from pathlib import Path

import common

N_HIDDEN, BATCH = 2048, 600


class Point:
    """One number of steps with one kind of input."""

    def __init__(self, n_steps, encoding, options, folder):
        self.n_steps, self.encoding = n_steps, encoding
        self.network = ["--preset", "snn-3d", "--hidden", N_HIDDEN, "--batch-size", BATCH, "--steps", n_steps,
                        "--encoding", encoding, "--learning-rate", 1e-9, *common.data_options(options), "--seed", options.seed]
        self.formulation = ["--formulation", options.formulation]
        self.formulation += ["--first-product", "once" if encoding == "constant" else "step"]
        self.dump = folder / f"{encoding}-{n_steps}.h5"
        self.loci = {n: common.Updates() for n in options.threads}
        self.torch = {n: common.Updates() for n in options.threads}
        self.left_out, self.agreement, self.lean_mib = "", None, 0.0

    def prepare(self, n_steps_checked):
        """Beyond n_steps_checked float64 would want too much memory; the timed process compares in float32 in any case."""
        common.dump_batch(self.dump, self.network)
        if self.n_steps <= n_steps_checked:
            self.agreement = common.check_agreement(f"{self.encoding}, T = {self.n_steps}", self.dump, *self.formulation)
        try:
            self.lean_mib = common.lean_mib(self.dump, *self.formulation)
        except SystemExit as refusal:  # the sweep goes on: what disagrees is not timed, and the table says so
            print(f"  {self.encoding}, T = {self.n_steps}: {refusal}", flush=True)
            self.left_out = "not timed: PyTorch refused, see above"

    def measure_loci(self, n_threads, updates):
        self.loci[n_threads].add(common.loci_bench("update", *self.network, "--threads", n_threads, "--updates", updates))

    def measure_torch(self, n_threads, updates):
        self.torch[n_threads].add(
            common.peer("time", self.dump, "--threads", n_threads, "--updates", updates, "--untimed", 1, *self.formulation))

    def report(self):
        return {"n_steps": self.n_steps, "encoding": self.encoding, "agreement": self.agreement, "left_out": self.left_out,
                "pytorch_lean_mib": self.lean_mib,
                "loci": {n: updates.summary() for n, updates in self.loci.items()},
                "pytorch": {n: updates.summary() for n, updates in self.torch.items() if updates.runs}}


def foreseen(earlier, n_steps):
    """Seconds and MiB of a PyTorch update at n_steps, on the line through the two points before; 0 without them."""
    measured = [(point.n_steps, max(u.ms for u in point.torch.values()) / 1e3, max(u.peak_mib for u in point.torch.values()))
                for point in earlier if not point.left_out]
    if len(measured) < 2:
        return 0.0, 0.0
    (t1, s1, m1), (t2, s2, m2) = measured[-2:]
    ahead = (n_steps - t2) / (t2 - t1)
    return s2 + max(s2 - s1, 0) * ahead, m2 + max(m2 - m1, 0) * ahead


def leave_out(point, earlier, options):
    seconds, mib = foreseen(earlier, point.n_steps)
    if seconds > options.most_seconds:
        point.left_out = f"not run: about {seconds:.0f} s an update"
    elif mib > options.most_mib:
        point.left_out = f"not run: about {mib / 1024:.0f} GiB"


def slope(later, earlier):
    """ns per neuron-step between two numbers of steps."""
    if earlier is None:
        return "-"
    return 1e6 * (later[1].ms - earlier[1].ms) / ((later[0] - earlier[0]) * N_HIDDEN * BATCH)


def rows(points, n_threads):
    earlier = earlier_torch = None
    for point in points:
        loci, torch = point.loci[n_threads], point.torch[n_threads]
        row = [point.encoding, str(n_threads), str(point.n_steps), loci.ms, loci.peak_mib, slope((point.n_steps, loci), earlier)]
        earlier = (point.n_steps, loci)
        if point.left_out:
            yield [*row, *["-"] * 7, point.left_out]
            continue
        yield [*row, torch.ms, torch.peak_mib, point.lean_mib, slope((point.n_steps, torch), earlier_torch), torch.ms / loci.ms,
               torch.peak_mib / loci.peak_mib, point.lean_mib / loci.peak_mib, ""]
        earlier_torch = (point.n_steps, torch)


def measure(series, options):
    for index, point in enumerate(series):
        if not point.loci[options.threads[0]].runs:  # the first round
            leave_out(point, series[:index], options)
            if not point.left_out:
                point.prepare(options.check_steps)
        for n_threads in options.threads:
            point.measure_loci(n_threads, options.updates)
            if not point.left_out:
                point.measure_torch(n_threads, options.torch_updates)


def main():
    parser = common.parser_for(__doc__, rounds=3)
    parser.add_argument("--steps", type=common.numbers, default=[1, 2, 5, 10, 25, 50, 100], help="comma-separated, rising")
    parser.add_argument("--encodings", default="constant,bernoulli")
    parser.add_argument("--updates", type=int, default=5, help="timed updates of loci a round")
    parser.add_argument("--torch-updates", type=int, default=2)
    parser.add_argument("--check-steps", type=int, default=25, help="most steps that are compared in float64 too")
    parser.add_argument("--formulation", default="coordinates", help="of the distances in PyTorch")
    parser.add_argument("--most-seconds", type=float, default=20, help="that a PyTorch update may take")
    parser.add_argument("--most-mib", type=float, default=0.6 * common.machine()["memory_mib"], help="that PyTorch may use")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sweep = {encoding: [Point(n, encoding, options, Path(folder)) for n in options.steps]
                 for encoding in options.encodings.split(",")}
        for _ in range(options.rounds):
            for series in sweep.values():
                measure(series, options)
    print(f"\nOne update of 784-{N_HIDDEN}-10, batch {BATCH}, medians of {options.rounds} rounds. Slope: ns per hidden neuron,\n"
          "image and step, from the row above. Lean: PyTorch's peak with an allocator setting that leaves no holes, at which it\n"
          "is several times slower than timed here. Ratios: PyTorch over loci.")
    head = ["input", "threads", "steps", "loci ms", "peak MiB", "slope", "PyTorch ms", "peak MiB", "lean MiB", "slope",
            "time x", "peak x", "lean x", ""]
    common.print_table(head, [row for series in sweep.values() for n in options.threads for row in rows(series, n)])
    common.finish(options, {"points": [point.report() for series in sweep.values() for point in series]})


if __name__ == "__main__":
    main()
