"""Images per second without training, on trained 3-D networks (784-2048-10): the batch evaluator, the clock-driven and the
event-driven engine, and the same forward pass in PyTorch (no_grad, weights computed once); then both engines as the network's
activity changes. Networks that are not given are trained briefly. Usage: bench/inference.sh [MNIST_FOLDER] [--snn MODEL]
[--mlp MODEL] [--rounds N] [--json FILE]"""
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import common

BATCHES = "1,256"

# What the spiking network is driven by while its thresholds are scaled. Spikes into a graph in which every pair is joined touch
# every neuron; culled by distance, they touch few.
SCENES = {
    "current, 25 steps": ["--steps", 25],
    "current, 250 steps": ["--steps", 250],
    "latency, 250 steps, all edges": ["--steps", 250, "--encoding", "latency"],
    "latency, 250 steps, 5 % of edges": ["--steps", 250, "--encoding", "latency", "--edges", 0.05],
}


def trained(preset, given, options, folder):
    if given:
        return given
    model = folder / f"{preset}.h5"
    command = [common.LOCI, "train", "--preset", preset, *common.data_options(options), "--epochs", options.epochs,
               "--seed", options.seed, "--out", model, "--quiet"]
    print(f"training {preset}: {options.epochs} epochs", flush=True)
    if subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit(f"{preset}: the training failed")
    return str(model)


class Network:
    def __init__(self, name, model, options, folder):
        self.name, self.options = name, options
        self.workload = ["--model", model, "--split", "test", *common.data_options(options)]
        self.dump = folder / f"{name.replace(' ', '-')}.h5"
        self.variants = ["--formulation", "coordinates", "--first-product", "once"]
        self.loci = {n: [] for n in options.threads}
        self.torch = {n: [] for n in options.threads}

    def check(self):
        common.dump_batch(self.dump, [*self.workload, "--batch-size", self.options.images])
        return common.check_agreement(self.name, self.dump, *self.variants)

    def measure(self, n_threads):
        common_options = ["--threads", n_threads, "--batches", BATCHES, "--rounds", 2]
        self.loci[n_threads].append(
            common.loci_bench("inference", *self.workload, "--images", self.options.images, *common_options))
        self.torch[n_threads].append(common.peer("forward", self.dump, *common_options, *self.variants))

    def speed(self, results):
        """Images per second of the median over all rounds."""
        return self.options.images / statistics.median(second for result in results for second in result["seconds"])

    def rows(self, n_threads):
        loci, torch = self.loci[n_threads], self.torch[n_threads]
        peers = [self.speed([run["forward"][b] for run in torch]) for b in range(len(BATCHES.split(",")))]
        for b, size in enumerate(BATCHES.split(",")):
            runs = [run["evaluator"][b] for run in loci]
            spikes = runs[0].get("spikes_per_image", "-")
            yield [self.name, str(n_threads), f"evaluator, batch {size}", self.speed(runs), peers[b], self.speed(runs) / peers[b],
                   runs[0]["accuracy"], spikes, "-"]
        if "engines" not in loci[0]:
            return
        for engine in ("clock", "event"):
            runs = [run["engines"][engine] for run in loci]
            yield [self.name, str(n_threads), f"{engine} engine, one by one", self.speed(runs), peers[0],
                   self.speed(runs) / peers[0], "-", runs[0]["spikes_per_image"], runs[0]["neuron_updates_per_image"]]

    def report(self):
        return {"name": self.name, "loci": self.loci, "pytorch": self.torch}


def activity_rows(scene, results):
    for level, first in enumerate(results[0]["levels"]):
        runs = [result["levels"][level] for result in results]
        clock, event = ([s for run in runs for s in run[engine]["seconds"]] for engine in ("clock", "event"))
        clock_speed, event_speed = (results[0]["images"] / statistics.median(seconds) for seconds in (clock, event))
        yield [scene, str(results[0]["edges"]), 100 * first["activity"], first["clock"]["spikes_per_image"],
               first["clock"]["neuron_updates_per_image"], first["event"]["neuron_updates_per_image"], clock_speed, event_speed,
               event_speed / clock_speed]


def print_activity(sweeps):
    print("\nActivity: the spiking network with all thresholds scaled; spikes of its neurons in % of neurons and steps. The\n"
          "engines agree spike for spike at every level. Above 1 the event engine is the faster one.")
    head = ["input", "edges", "activity %", "spikes/image", "clock updates", "event updates", "clock images/s", "event images/s",
            "event/clock"]
    common.print_table(head, [row for scene, results in sweeps.items() for row in activity_rows(scene, results)])


def main():
    parser = common.parser_for(__doc__, rounds=3, threads="1")
    parser.add_argument("--snn", help="model file of a spiking network")
    parser.add_argument("--mlp", help="model file of a rate network")
    parser.add_argument("--images", type=int, default=256, help="test images")
    parser.add_argument("--activity-images", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=3, help="of training where no model is given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snn = trained("snn-3d", options.snn, options, folder)
        networks = [Network("3D SNN", snn, options, folder),
                    Network("3D MLP", trained("mlp-3d", options.mlp, options, folder), options, folder)]
        agreement = [network.check() for network in networks]
        sweeps = {scene: [] for scene in SCENES}
        for _ in range(options.rounds):
            for network in networks:
                for n_threads in options.threads:
                    network.measure(n_threads)
            for scene, results in sweeps.items():
                results.append(common.loci_bench("activity", *networks[0].workload, *SCENES[scene],
                                                 "--images", options.activity_images, "--rounds", 2))
    print(f"\nImages per second, medians of {options.rounds} rounds over {options.images} test images. The engines compute in\n"
          "double on one thread and stand beside PyTorch's batch of 1. PyTorch keeps the weights; the evaluator derives them\n"
          "from positions for every batch.")
    head = ["network", "threads", "loci", "images/s", "PyTorch images/s", "ratio", "accuracy", "spikes/image", "updates/image"]
    common.print_table(head, [row for n in options.threads for network in networks for row in network.rows(n)])
    print_activity(sweeps)
    common.finish(options, {"agreement": agreement, "networks": [network.report() for network in networks], "activity": sweeps})


if __name__ == "__main__":
    main()
