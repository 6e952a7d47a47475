"""Time and memory of a training update beside PyTorch's, on the same batch of 600 images and the same parameters. Every
measurement is a process of its own; they take turns. PyTorch is what Debian packages (python3-torch with OpenBLAS). Nothing is
timed unless the weights, loss, logits and gradients of both agree.
Usage: bench/beside_pytorch.sh [MNIST_FOLDER] [--rounds N] [--json FILE]"""
import tempfile
from pathlib import Path

import common

DENSE = ["--wiring", "dense", "--hidden", "2048", "--batch-size", "600", "--learning-rate", "0.001"]
FORMULATIONS = ("cdist", "coordinates", "broadcast")

# Name, the network's options, and how PyTorch computes it: label -> options. The ratio of the summary is against the fastest.
CASES = [
    ("dense MLP-2048", [*DENSE, "--neuron", "mlp"], {"nn.Linear": []}),
    ("3D MLP", ["--preset", "mlp-3d", "--batch-size", "600"], {form: ["--formulation", form] for form in FORMULATIONS}),
    ("dense SNN-2048", [*DENSE, "--neuron", "snn"], {"as in snnTorch": [], "product hoisted": ["--first-product", "once"]}),
    ("3D SNN", ["--preset", "snn-3d", "--batch-size", "600"],
     {f"{form}, hoisted": ["--formulation", form, "--first-product", "once"] for form in FORMULATIONS}),
]


class Case:
    def __init__(self, name, network, variants, options, folder):
        self.name, self.variants = name, variants
        self.network = [*network, *common.data_options(options), "--seed", options.seed]
        self.dump = folder / (name.replace(" ", "-") + ".h5")
        self.loci = {n: common.Updates() for n in options.threads}
        self.lean = {}
        self.torch = {(n, label): common.Updates() for n in options.threads for label in variants}

    def check(self):
        common.dump_batch(self.dump, self.network)
        self.lean = {label: common.lean_mib(self.dump, *extra) for label, extra in self.variants.items()}
        return {label: common.check_agreement(f"{self.name}, {label}", self.dump, *extra)
                for label, extra in self.variants.items()}

    def measure(self, n_threads, updates):
        self.loci[n_threads].add(common.loci_bench("update", *self.network, "--threads", n_threads, "--updates", 2 * updates))
        for label, extra in self.variants.items():
            result = common.peer("time", self.dump, "--threads", n_threads, "--updates", updates, *extra)
            self.torch[n_threads, label].add(result)

    def rows(self, n_threads):
        ours = self.loci[n_threads]
        times = {label: self.torch[n_threads, label].ms for label in self.variants}
        for label in self.variants:
            theirs = self.torch[n_threads, label]
            fastest = "*" if times[label] == min(times.values()) else ""
            yield [self.name, str(n_threads), ours.ms, ours.peak_mib, ours.own_mib, label + fastest, theirs.ms, theirs.peak_mib,
                   theirs.own_mib, self.lean[label], theirs.ms / ours.ms, theirs.peak_mib / ours.peak_mib,
                   theirs.own_mib / ours.own_mib, self.lean[label] / ours.peak_mib]

    def report(self, agreement):
        return {"name": self.name, "agreement": agreement, "pytorch_lean_mib": self.lean,
                "loci": {n: updates.summary() for n, updates in self.loci.items()},
                "pytorch": [{"threads": n, "variant": label, **updates.summary()} for (n, label), updates in self.torch.items()]}


def main():
    parser = common.parser_for(__doc__, rounds=3)
    parser.add_argument("--updates", type=int, default=5, help="timed PyTorch updates a round; twice as many of loci")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = [Case(*case, options, Path(folder)) for case in CASES if options.only in case[0]]
        print("Agreement: norm of the difference over the norm, of the group where it is largest")
        agreement = [case.check() for case in cases]
        for _ in range(options.rounds):
            for case in cases:
                for n_threads in options.threads:
                    case.measure(n_threads, options.updates)
    print(f"\nOne update, batch 600, medians of {options.rounds} rounds; *: the fastest way in PyTorch. Own: above the bare\n"
          "program (PyTorch: after `import torch`). Lean: PyTorch's peak with an allocator setting that leaves no holes,\n"
          "at which it is several times slower than timed here. Ratios: PyTorch over loci.")
    head = ["network", "threads", "loci ms", "peak MiB", "own MiB", "PyTorch", "ms", "peak MiB", "own MiB",
            "lean MiB", "time x", "peak x", "own x", "lean x"]
    common.print_table(head, [row for case in cases for n in options.threads for row in case.rows(n)])
    common.finish(options, {"cases": [case.report(found) for case, found in zip(cases, agreement)]})


if __name__ == "__main__":
    main()
