"""What becomes of trained networks on every target: the 3-D spiking network of 2,048 hidden neurons where it fits, a smaller one
trained for the target where it does not. For each target: accuracy in real numbers, emulated at the scales that max |w| suggests, at
searched scales, and after quantisation-aware training; how often the last one's label is that of its own network in real numbers;
bytes of the files. Models are trained once and kept (--models); every export is made anew. Accuracies are of the first test images,
with the same spikes for all.
Usage: bench/targets.sh MNIST_FOLDER [--targets "T;T;..."] [--samples N] [--models FOLDER] [--seed S] [--threads N] [--json FILE]"""
import argparse
import json
import re
import tempfile
from pathlib import Path

import common

SPATIAL = "loihi-3d"
# target: preset, options of the quantisation-aware training (none: the target's numbers need none), options of the export
ROWS = {
    "nir": (SPATIAL, None, []),
    "sonata": (SPATIAL, None, []),
    "loihi": (SPATIAL, "weights8", []),
    "c": (SPATIAL, "weights8", []),
    "c, 16 bits": (SPATIAL, None, ["--weight-bits", 16]),
    "c, positions": (SPATIAL, None, ["--weights", "positions", "--weight-bits", 16]),
    "spinnaker": (SPATIAL, None, []),
    "spinnaker2": (SPATIAL, "weights5", []),
    "reckon": ("reckon", "weights8", []),
    "verilog": ("verilog", "weights8", []),
    "tinyodin": ("tinyodin", "weights4", []),
    "odin": ("odin", "weights4", []),
    "xylo-audio3": ("xylo", "weights8", []),
}
TRAININGS = {
    "weights8": ["--quantize-weights", "8", "--epochs", "6", "--learning-rate", "0.005"],
    "weights5": ["--quantize-weights", "5", "--epochs", "6", "--learning-rate", "0.005"],
    "weights4": ["--quantize-weights", "4", "--epochs", "10", "--learning-rate", "0.01"],
}
KEPT = ("network", "dataset", "seed", "epochs", "parameters", "test_accuracy", "parameter_sha256", "configuration")


class Models:
    """Trained networks by name, each made once."""

    def __init__(self, options):
        self.options = options
        self.runs = {}

    def path(self, name):
        return self.options.models / f"{name}-seed{self.options.seed}.h5"

    def trained(self, name, how):
        path = self.path(name)
        summary = path.with_suffix(".json")
        if not summary.exists():
            print(f"training {path.name}", flush=True)
            self.options.models.mkdir(parents=True, exist_ok=True)
            options = self.options
            again = ["--resume", path] if path.exists() else [*how, *common.data_options(options), "--seed", options.seed]
            command = [common.LOCI, "train", *again, "--threads", options.threads, "--out", path, "--force", "--quiet", "--json"]
            result = common.run([str(part) for part in command], timed=False)
            # Where the images lay is nobody's business.
            result["configuration"] = re.sub(r'^dir = ".*"$', 'dir = ""', result["configuration"], flags=re.MULTILINE)
            summary.write_text(json.dumps({key: result[key] for key in KEPT if key in result}) + "\n")
        self.runs[path.name] = json.loads(summary.read_text())
        return path

    def plain(self, preset):
        return self.trained(preset, ["--preset", preset])

    def rounded(self, preset, training):
        return self.trained(f"{preset}-{training}", ["--from", self.plain(preset), *TRAININGS[training]])


def exported(options, model, target, more):
    """The certificate, and the bytes of all other files."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "export"
        command = [common.LOCI, "export", model, "--target", target.split(",")[0], "--data-dir", options.mnist, "--samples",
                   options.samples, "--threads", options.threads, "--write-samples", 1, "--out", out, "--quiet", "--json", *more]
        common.run([str(part) for part in command], timed=False)
        files = [path for path in out.rglob("*") if path.is_file() and not path.name.startswith("certificate")]
        return json.loads((out / "certificate.json").read_text()), sum(path.stat().st_size for path in files)


def row_of(options, models, target):
    preset, training, more = ROWS[target]
    plain, n_bytes = exported(options, models.plain(preset), target, more)
    row = {"target": target, "preset": preset, "network": plain["network"], "unverified": plain.get("unverified", False),
           "plain": plain["evidence"], "bytes": n_bytes}
    if training is not None:
        rounded, row["bytes"] = exported(options, models.rounded(preset, training), target, more)
        row["training"] = TRAININGS[training]
        row["rounded"] = rounded["evidence"]
    print(f"  {target}: {row['plain']['float']['accuracy']:.4f} in real numbers", flush=True)
    return row


def cells(row):
    plain = row["plain"]
    last = row.get("rounded", plain)
    before = plain.get("before_scale_search")
    return [row["target"] + (" (unverified)" if row["unverified"] else ""), row["network"].split()[0],
            f"{plain['float']['accuracy']:.4f}",
            f"{before['accuracy']:.4f}" if before else "-", f"{plain['emulated']['accuracy']:.4f}",
            f"{last['emulated']['accuracy']:.4f}" if "rounded" in row else "-", f"{last['emulated']['agreement']:.4f}",
            f"{row['bytes']:,}"]


def options_of():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", help="folder of MNIST's idx files")
    parser.add_argument("--targets", type=lambda text: text.split(";"), default=list(ROWS), help="separated by semicolons")
    parser.add_argument("--samples", type=int, default=10000, help="test images")
    parser.add_argument("--models", type=Path, default=common.ROOT / "out/targets", help="folder of trained networks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0: all; changes only the time")
    parser.add_argument("--json", metavar="FILE", help="write options, machine, trainings and all evidence")
    return parser.parse_args()


def main():
    options = options_of()
    models = Models(options)
    rows = [row_of(options, models, target) for target in options.targets]
    print(f"\nAccuracy on the first {options.samples} test images, seed {options.seed}:")
    head = ["target", "network", "float", "max |w|", "searched", "trained", "agreement", "bytes"]
    common.print_table(head, [cells(row) for row in rows])
    options.mnist, options.models = "MNIST", options.models.name
    common.finish(options, {"trainings": models.runs, "rows": rows})


if __name__ == "__main__":
    main()
