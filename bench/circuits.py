"""The clock engine beside Brian2 (compiled mode): CUBA (4,000 neurons with synaptic currents), Brunel (10,000, 10 million synapses)
and the spatial networks (20,000, 10 million synapses with delays of their own). Everything runs in turn, once a round; tables have
medians, ratios are of medians. Seconds are CPU seconds of the process, which other programs disturb least; on several threads
seconds on the clock. Brian2's programs are compiled once and kept in build/peers. ready: from the start of construction to the first
step. Then the parts of a simulation, each beside a plain loop of this machine's (loci-bench ceilings).
Usage: bench/circuits.sh [--networks N,N,...] [--rounds N] [--threads N,N] [--duration MS] [--no-brian2] [--json FILE]"""
import argparse
import os
import statistics
import subprocess
import sys

import common

# Synapses to a percent or so, and rates in Hz: what several seeds and simulators give, and four standard deviations on either side.
NETWORKS = {"cuba": (320e3, (4.8, 6.3)), "brunel": (10e6, (12.0, 19.5)), "brunel-indegree": (10e6, (14.0, 18.5)),
            "spatial2d": (10e6, (20.0, 28.5)), "spatial3d": (10e6, (18.0, 27.0))}
NO_PEER = ("brunel-indegree",)


def check(name, program, synapses, rate):
    expected, (low, high) = NETWORKS[name]
    if synapses is not None and abs(synapses / expected - 1) > 0.02:
        sys.exit(f"{name}: {program} has {synapses} synapses, and {expected:.0f} are expected: nothing is reported")
    if not low <= rate <= high:
        sys.exit(f"{name}: {program} fires at {rate:.2f} Hz, and {low} to {high} Hz are expected: nothing is reported")


class Brian2:
    def __init__(self, name, options):
        self.name, self.options = name, options
        self.folder = common.ROOT / f"build/peers/{name}-{options.duration:g}"
        if not (self.folder / "main").exists():
            print(f"compiling Brian2's {name} ...", file=sys.stderr, flush=True)
            subprocess.run([sys.executable, "-B", str(common.ROOT / "bench/peers/brian2_network.py"), name, str(self.folder),
                            "--duration", str(options.duration)], check=True, stdout=subprocess.DEVNULL)

    def run(self):
        import numpy
        busy = common.cores_busy_with_others()
        done = subprocess.run([str(self.folder / "main")], cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "OMP_NUM_THREADS": "1"})
        marks = {words[1]: float(words[2]) for line in done.stdout.splitlines() if (words := line.split())[:1] == ["mark"]}
        times = next((self.folder / "results").glob("_dynamic_array_spikemonitor_t_*"))
        warmup = 0.2
        n_spikes = int((numpy.fromfile(times) >= warmup - 1e-9).sum())
        seconds = self.options.duration * 1e-3
        rate = n_spikes / seconds / {"cuba": 4000, "brunel": 10_000}.get(self.name, 20_000)
        check(self.name, "Brian2", None, rate)
        return {"build_cpu_seconds": marks["ready"], "cpu_seconds_per_biological_second": (marks["done"] - marks["warm"]) / seconds,
                "rate_hz": rate, "cores_busy_before": busy}


class Network:
    def __init__(self, name, options):
        self.name, self.options = name, options
        self.ours = {threads: [] for threads in options.threads}
        self.peer = Brian2(name, options) if options.brian2 and name not in NO_PEER else None
        self.theirs = []

    def measure(self):
        for threads, runs in self.ours.items():
            runs.append(common.loci_bench("circuit", "--network", self.name, "--threads", threads, "--duration",
                                          self.options.duration))
            check(self.name, "loci", runs[-1]["n_synapses"], runs[-1]["rate_hz"])
        if self.peer:
            self.theirs.append(self.peer.run())

    def median(self, key, threads=None):
        runs = self.theirs if threads is None else self.ours[threads]
        return statistics.median(run[key] for run in runs)

    def rows(self):
        for threads in self.ours:
            cpu = threads == 1
            ready = self.median("build_cpu_seconds" if cpu else "build_seconds", threads)
            run = self.median(("cpu_" if cpu else "") + "seconds_per_biological_second", threads)
            wall = [self.median("seconds_per_biological_second", t) for t in (1, threads) if t in self.ours]
            scaled = wall[0] / wall[-1] if not cpu and 1 in self.ours else "-"
            yield [self.name, f"loci, {threads} thread{'s' if threads > 1 else ''}", ready, run, scaled, self.median("rate_hz", threads),
                   self.median("bytes_per_synapse", threads), self.median("peak_mib", threads)]
        if self.theirs:
            ready, run = self.median("build_cpu_seconds"), self.median("cpu_seconds_per_biological_second")
            yield [self.name, "Brian2", ready, run, "-", self.median("rate_hz"), "-", "-"]
            if 1 in self.ours:
                yield [self.name, "  times loci's", ready / self.median("build_cpu_seconds", 1),
                       run / self.median("cpu_seconds_per_biological_second", 1), "-", "-", "-", "-"]

    def parts(self, ceilings):
        """Nanoseconds for each event, draw and neuron-step, of one thread, and those of the plain loops."""
        def ceiling(key):
            return statistics.median(each[key] for each in ceilings)

        runs = self.ours[1]
        ns = {part: 1e9 * statistics.median(run["seconds_by_part"][part] for run in runs)
              for part in ("deliver", "drive", "integrate")}
        neurons, steps = runs[0]["n_neurons"], 10_000
        events = statistics.median(run["synaptic_events_per_second"] for run in runs)
        synapses = runs[0]["n_synapses"]
        delivery = {"cuba": "delivery_short_ns", "brunel": "delivery_uniform_ns", "brunel-indegree": "delivery_uniform_ns"}
        yield "deliver", ns["deliver"] / events, ceiling(delivery.get(self.name, "delivery_weights_ns"))
        if self.name != "cuba":
            yield "drive", ns["drive"] / (neurons * steps), ceiling("draw_ns")
        yield ("update", ns["integrate"] / (neurons * steps),
               ceiling("update_currents_ns" if self.name == "cuba" else "update_delta_ns"))
        if "spatial" in self.name:
            yield "construct", 1e9 * self.median("build_seconds", 1) / synapses, ceiling("construction_ns")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=lambda text: text.split(","), default=["cuba", "brunel", "spatial2d"], help=",".join(NETWORKS))
    parser.add_argument("--rounds", type=int, default=3, help="times that everything is measured, in turn")
    parser.add_argument("--threads", type=common.numbers, default=[1, 2], help="comma-separated")
    parser.add_argument("--duration", type=float, default=1000.0, help="ms timed, after 200 ms that are not")
    parser.add_argument("--no-brian2", dest="brian2", action="store_false")
    parser.add_argument("--json", metavar="FILE", help="write configuration, machine and every single timing")
    options = parser.parse_args()
    if unknown := set(options.networks) - set(NETWORKS):
        parser.error(f"--networks: {', '.join(sorted(unknown))} is not known; use {', '.join(NETWORKS)}")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # its threads wait busily
    networks = [Network(name, options) for name in options.networks]
    ceilings = []
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
        ceilings.append(common.loci_bench("ceilings"))
        for network in networks:
            network.measure()
    print("Seconds until ready, seconds for a biological second; against 1 thread; what came of it")
    common.print_table(["network", "program", "ready s", "s/bio s", "x 1 thread", "rate Hz", "B/synapse", "peak MiB"],
                       [row for network in networks for row in network.rows()])
    if 1 in options.threads:
        print("\nNanoseconds for each event, draw, neuron-step and edge, 1 thread, on the clock; those of a plain loop")
        common.print_table(["network", "part", "loci", "plain loop", "ratio"],
                           [[network.name, part, ours, bare, ours / bare] for network in networks
                            for part, ours, bare in network.parts(ceilings)])
    common.finish(options, {"ceilings": ceilings,
                            "networks": {network.name: {"loci": network.ours, "brian2": network.theirs} for network in networks}})


if __name__ == "__main__":
    main()
