"""What a cutoff costs in accuracy: the 3-D network (preset mlp-3d or snn-3d, 784-2048-10) trained with a cutoff, and beside it one
from which the same share of edges is pruned, smallest weights first, in every update. Neurons move while they learn, and so does
the number of edges within the cutoff: the share is that of the first connection once trained. Accuracy is that of the last epoch
on the test images. Each finished run is a JSON file among the results and is not repeated.
Usage: bench/cutoff_accuracy.sh [MNIST_FOLDER] [--snn] [--cutoffs C,C,...] [--epochs E] [--seed S] [--threads N] [--json FILE]"""
import argparse
import json
import math
import re
import tempfile
from pathlib import Path

import common

KEPT = ("network", "dataset", "seed", "epochs", "test_accuracy", "test_loss", "median_epoch_seconds", "threads", "instruction_set",
        "share_of_time", "spikes_per_image", "parameter_sha256", "loci_version", "loci_commit", "cores_busy_before")
PER_EPOCH = ("train_loss", "train_accuracy", "spikes_per_image", "seconds")

# How the kept results were trained; the presets' own recipes are longer.
TRAINING = {"mlp-3d": ["--batch-size", 600, "--learning-rate", 0.15, "--decay", "quadratic"],
            "snn-3d": ["--batch-size", 600, "--learning-rate", 0.1, "--decay", "quadratic"]}


class Runs:
    """Trainings of one preset on one data set, each done once."""

    def __init__(self, options):
        self.options = options
        self.preset = "snn-3d" if options.snn else "mlp-3d"
        dataset = common.data_options(options)[1]
        images = f"-{options.train_images}images" if options.train_images else ""
        self.suffix = f"{self.preset}-{dataset}{images}-epochs{options.epochs}-seed{options.seed}"

    def path(self, name):
        return self.options.results / f"{self.suffix}-{name}.json"

    def result(self, name, setting):
        """The result of this setting, trained if there is none yet."""
        path = self.path(name)
        if path.exists():
            result = json.loads(path.read_text())
            if result["setting"] == setting:
                return result
            print(f"{path.name} was trained with another {' and '.join(setting)}: once more", flush=True)
        result = {"setting": setting, "preset": self.preset, **self.train(setting), "machine": common.machine()}
        self.options.results.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in result.items()]
        partial.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        partial.rename(path)
        print(f"  {path.name}: {100 * result['test_accuracy']:.2f} %, {result['median_epoch_seconds']:.2f} s an epoch", flush=True)
        return result

    def train(self, setting):
        options = self.options
        with tempfile.TemporaryDirectory() as folder:
            model = str(Path(folder) / "model.h5")
            command = [common.LOCI, "train", "--preset", self.preset, *TRAINING[self.preset], *common.data_options(options),
                       "--epochs", options.epochs, "--seed", options.seed, "--train-images", options.train_images,
                       "--threads", options.threads, "--out", model, "--quiet", "--json"]
            for key, value in setting.items():
                command += [f"--{key}", value]
            summary = common.run([str(part) for part in command])
            info = common.run([common.LOCI, "info", model, "--json"], timed=False)
        columns, rows = summary["history"]["columns"], summary["history"]["rows"]
        result = {key: summary[key] for key in KEPT if key in summary}
        result["edges"] = [connection["edges"] for connection in info["connections"]]
        result["share_of_edges"] = [connection["share"] for connection in info["connections"]]
        result["by_epoch"] = {name: [row[columns.index(name)] for row in rows] for name in PER_EPOCH}
        # Where the images lay is nobody's business.
        result["configuration"] = re.sub(r'^dir = ".*"$', 'dir = ""', summary["configuration"], flags=re.MULTILINE)
        return result


def pruned_beside(runs, cutoff, culled):
    """The run that lacks the same share of edges; None where there is nothing to prune or nothing left."""
    lacking = 1 - culled["share_of_edges"][0]
    if not 0 < lacking < 1:
        return None
    return runs.result(f"pruned-as-cutoff{cutoff:g}", {"pruned": lacking})


def row_of(cutoff, culled, pruned):
    shares = [f"{100 * share:.2f}" for share in culled["share_of_edges"]]
    row = [f"{cutoff:g}", *shares, f"{100 * culled['test_accuracy']:.2f}", culled["median_epoch_seconds"]]
    if pruned is None:
        return [*row, "-", "-", "-"]
    left, accuracy = (f"{100 * value:.2f}" for value in (pruned["share_of_edges"][0], pruned["test_accuracy"]))
    return [*row, left, accuracy, pruned["median_epoch_seconds"]]


def cutoffs(text):
    return [float(part) for part in text.split(",")]


def options_of():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", nargs="?", help="folder of MNIST's idx files (default: Fashion-MNIST from its Debian package)")
    parser.add_argument("--snn", action="store_true", help="the spiking network instead of the rate network")
    parser.add_argument("--cutoffs", type=cutoffs, default=[math.inf, 8, 6, 4, 3, 2, 1.5], help="comma-separated")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--train-images", type=int, default=0, help="the first so many only, for a try; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0: all; changes only the time")
    parser.add_argument("--results", type=Path, default=common.ROOT / "experiments/results/cutoff", help="folder")
    parser.add_argument("--json", metavar="FILE", help="write options, machine and all runs")
    return parser.parse_args()


def main():
    options = options_of()
    runs = Runs(options)
    pairs = []
    for cutoff in options.cutoffs:
        culled = runs.result(f"cutoff{cutoff:g}", {"cutoff": f"{cutoff:g}"})
        pairs.append((cutoff, culled, pruned_beside(runs, cutoff, culled)))
    print(f"\n{runs.preset} on {pairs[0][1]['dataset']}, {options.epochs} epochs, seed {options.seed}: edges left in the first "
          "and the second connection (%),\ntest accuracy (%), seconds an epoch; and the same for pruning to the first connection's "
          "share.")
    head = ["cutoff", "edges 1", "edges 2", "culled", "s/epoch", "edges 1", "pruned", "s/epoch"]
    common.print_table(head, [row_of(*pair) for pair in pairs])
    if any(run["threads"] != pairs[0][1]["threads"] for _, *both in pairs for run in both if run is not None):
        print("Not all of these ran on the same number of threads: their times do not compare.")
    shown = [f"{cutoff:g}" for cutoff in options.cutoffs]  # JSON has no infinity
    options.results, options.cutoffs = str(options.results), shown
    common.finish(options, {"runs": [{"cutoff": name, "culled": culled, "pruned": pruned}
                                     for name, (_, culled, pruned) in zip(shown, pairs)]})


if __name__ == "__main__":
    main()
