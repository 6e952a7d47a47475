"""What the comparisons share: options, running one measurement in a process of its own, medians, tables, the JSON report."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCI = os.environ.get("LOCI_PROGRAM", str(ROOT / "build/bench/loci"))
LOCI_BENCH = os.environ.get("LOCI_BENCH_PROGRAM", str(ROOT / "build/bench/loci-bench"))
BUSY = []  # cores that others kept busy, before every measurement
PEER = [sys.executable, "-B", str(ROOT / "bench/peer_torch.py")]


def numbers(text):
    return [int(part) for part in text.split(",")]


def parser_for(description, rounds, threads="1,2"):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", nargs="?", help="folder of MNIST's idx files (default: Fashion-MNIST from its Debian package)")
    parser.add_argument("--rounds", type=int, default=rounds, help="times that everything is measured, in turn")
    parser.add_argument("--threads", type=numbers, default=numbers(threads), help="comma-separated")
    parser.add_argument("--seed", type=int, default=1, help="of the parameters and random input")
    parser.add_argument("--json", metavar="FILE", help="write configuration, machine and every single timing")
    return parser


def data_options(options):
    if options.mnist is None:
        return ["--dataset", "fashion-mnist"]
    return ["--dataset", "mnist", "--data-dir", options.mnist]


def busy_seconds():
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def cores_busy_with_others(seconds=0.3):
    """While this script sleeps: what a measurement would have to share the machine with."""
    before = busy_seconds()
    time.sleep(seconds)
    BUSY.append((busy_seconds() - before) / seconds)
    return BUSY[-1]


def run(command, timed=True, **environment):
    """The JSON that a process prints; ends the script with the process's own words if it fails."""
    busy = cores_busy_with_others() if timed else None
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nfailed ({done.returncode}): {done.stdout[-2000:]}{done.stderr[-2000:]}")
    result = json.loads(done.stdout)
    if timed:
        result["cores_busy_before"] = busy
    return result


def loci_bench(command, *options):
    return run([LOCI_BENCH, command, *map(str, options)])


def peer(command, dump, *options):
    return run([*PEER, command, str(dump), *map(str, options)])


def lean_mib(dump, *options):
    """PyTorch's peak when every tensor's memory goes back to the system as soon as it is freed. Without that the C library's heap
    keeps holes between the tensors, several times of what they need; with it an update takes several times as long."""
    command = [*PEER, "time", str(dump), *map(str, options), "--untimed", "1", "--updates", "1"]
    return run(command, timed=False, MALLOC_MMAP_THRESHOLD_="65536")["memory"]["peak_mib"]


def dump_batch(path, options):
    """Writes a dump in a process of its own, so that the writing is in nobody's time or memory."""
    return run([LOCI_BENCH, "update", *map(str, options), "--updates", "0", "--untimed", "0", "--dump", str(path)], timed=False)


class Updates:
    """Timed updates of one program in one setting, over all rounds."""

    def __init__(self):
        self.runs = []

    def add(self, result):
        self.runs.append(result)

    @property
    def ms(self):
        return 1e3 * statistics.median(second for run in self.runs for second in run["seconds"])

    @property
    def peak_mib(self):
        return statistics.median(run["memory"]["peak_mib"] for run in self.runs)

    @property
    def own_mib(self):
        """Above what the program takes before it has done anything (PyTorch: after `import torch`)."""
        bare = "import_mib" if "import_mib" in self.runs[0]["memory"] else "start_mib"
        return statistics.median(run["memory"]["peak_mib"] - run["memory"][bare] for run in self.runs)

    def summary(self):
        return {"ms_per_update": self.ms, "peak_mib": self.peak_mib, "own_mib": self.own_mib, "runs": self.runs}


def machine():
    facts = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {"cpu": facts.get("model name", "unknown"), "cores": len(os.sched_getaffinity(0)), "memory_mib": memory_kib // 1024,
            "kernel": os.uname().release}


def agreement_line(name, result):
    worst = {pair: max((errors["norm"], errors["largest"], group) for group, errors in result[pair].items())
             for pair in ("loci32_torch32", "loci32_torch64", "torch32_torch64")}
    flipped = sum(layer["flipped"] for layer in result["flips_torch32_torch64"])
    steps = sum(layer["neuron_steps"] for layer in result["flips_torch32_torch64"])
    parts = [f"{pair.replace('_', ' to ')} {norm:.0e} (largest {largest:.0e}, {group})"
             for pair, (norm, largest, group) in worst.items()]
    return f"  {name}: " + "; ".join(parts) + f"; {flipped} of {steps} thresholds turned by PyTorch's rounding"


def check_agreement(name, dump, *options):
    result = run([*PEER, "check", str(dump), *map(str, options)], timed=False)
    print(agreement_line(name, result), flush=True)
    if not result["agrees"]:
        sys.exit(f"{name}: PyTorch and loci disagree beyond {result['bound']}: nothing was timed")
    return result


def print_table(head, rows):
    """Columns as wide as they need to be; numbers to the right."""
    def shown(cell):
        return cell if isinstance(cell, str) else f"{cell:.0f}" if cell >= 100 else f"{cell:.3g}"

    cells = [head] + [[shown(cell) for cell in row] for row in rows]
    widths = [max(len(row[c]) for row in cells) for c in range(len(head))]
    left = [all(isinstance(row[c], str) for row in rows) for c in range(len(head))]
    for row in cells:
        print("  ".join(cell.ljust(w) if l else cell.rjust(w) for cell, w, l in zip(row, widths, left)).rstrip())


def finish(options, report):
    """Says what disturbed the measurements, and writes them all."""
    busy = statistics.median(BUSY) if BUSY else 0.0
    if busy > 0.1:
        print(f"Other programs kept {busy:.1f} cores busy (median, looked at before each measurement): do not quote these times.")
    if options.json:
        commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True, check=False)
        report = {"commit": commit.stdout.strip(), "options": vars(options), "machine": machine(), "cores_busy_before": BUSY, **report}
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n")
