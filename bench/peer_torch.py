#!/usr/bin/python3
"""The PyTorch side of the comparisons: one process, one measurement, JSON on standard output.

  peer_torch.py check   DUMP   weights, loss, logits and gradients beside loci's, in float32 and float64
  peer_torch.py time    DUMP   seconds of training updates and memory; refuses unless the first update agrees with loci's
  peer_torch.py forward DUMP   images per second without gradients

DUMP is written by `loci-bench update --dump`. --help tells the options. --bound is the error that is accepted: of every group
the norm of the difference as a fraction of the group's norm. Beyond sums in another order it has to leave room for the few
spikes and ReLUs that the rounding of float32 turns; check counts them."""
import argparse
import json
import os
import sys
import time


def status_mib(key):
    """Of this process. Not from getrusage: there the peak begins with that of the process that started this one."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key + ":")) / 1024


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("check", "time", "forward"))
    parser.add_argument("dump")
    parser.add_argument("--formulation", choices=("broadcast", "cdist", "coordinates"), default="cdist",
                        help="of the distances")
    parser.add_argument("--first-product", choices=("step", "once"), default="step",
                        help="in every time step, or before the loop")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--updates", type=int, default=5)
    parser.add_argument("--untimed", type=int, default=2, help="updates before them, to warm up")
    parser.add_argument("--bound", type=float, default=1e-2, help="largest error that counts as agreement")
    parser.add_argument("--batches", default="1,256", help="forward: batch sizes")
    parser.add_argument("--rounds", type=int, default=3, help="forward: timed rounds over the images of the dump")
    options = parser.parse_args()
    for library in ("OMP", "OPENBLAS", "MKL"):  # before torch is loaded
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)
    return options


OPTIONS = arguments()

import torch  # noqa: E402

torch.set_num_threads(OPTIONS.threads)
IMPORT_MIB = status_mib("VmHWM")

import peer_agreement  # noqa: E402
from peer_dump import Dump  # noqa: E402
from torch_networks import network_of  # noqa: E402


def forget_peak():
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        return True
    except OSError:
        return False


def blas():
    with open("/proc/self/maps") as maps:
        return sorted({line.split()[-1] for line in maps if "blas" in line.rsplit("/", 1)[-1]})


def load():
    dump = Dump(OPTIONS.dump)
    network = network_of(dump, OPTIONS.first_product, OPTIONS.formulation)
    return dump, network, torch.from_numpy(dump.input()), torch.from_numpy(dump.labels).long()


def check():
    dump, network, x, labels = load()
    result = peer_agreement.check(dump, network, x, labels)
    result["bound"] = OPTIONS.bound
    result["agrees"] = peer_agreement.worst(result["loci32_torch32"]) <= OPTIONS.bound
    return result


def timed_updates():
    dump, network, x, labels = load()
    optimiser = torch.optim.Adam(network.parameters(), lr=dump.learning_rate, betas=dump.adam_betas, eps=dump.adam_epsilon)
    whole = not forget_peak()
    loaded_mib = status_mib("VmRSS")
    seconds, losses, errors = [], [], None
    for update in range(OPTIONS.untimed + OPTIONS.updates):
        start = time.perf_counter()
        optimiser.zero_grad()
        out = network(x)
        loss = network.loss(out, labels)
        loss.backward()
        if update == 0 and OPTIONS.untimed > 0:
            errors = peer_agreement.first_update(dump, network, out, loss)
            if peer_agreement.worst(errors) > OPTIONS.bound:
                sys.exit(f"peer_torch.py: not timed: PyTorch and loci disagree beyond {OPTIONS.bound}: {errors}")
        optimiser.step()
        del out
        losses.append(loss.item())
        if update >= OPTIONS.untimed:
            seconds.append(time.perf_counter() - start)
    memory = {"import_mib": IMPORT_MIB, "loaded_mib": loaded_mib, "peak_mib": status_mib("VmHWM"),
              "peak_covers": "the whole process" if whole else "all after loading the images"}
    return {"seconds": seconds, "untimed": OPTIONS.untimed, "memory": memory, "errors": errors, "bound": OPTIONS.bound,
            "first": {"loss": losses[0]}, "last": {"loss": losses[-1]}}


def forward():
    """With the weights of a spatial network computed once, as whoever deploys it would."""
    dump, network, x, labels = load()
    axis = x.dim() - 2
    n_images = x.shape[axis]

    def time_round(batch_size, weights):
        n_correct = 0
        start = time.perf_counter()
        for first in range(0, n_images, batch_size):
            part = x.narrow(axis, first, min(batch_size, n_images - first))
            predicted = network.scores(network(part, weights)).argmax(1)
            n_correct += (predicted == labels[first:first + batch_size]).sum().item()
        return time.perf_counter() - start, n_correct / n_images

    with torch.no_grad():
        errors = peer_agreement.scores_alone(dump, network, x)
        if peer_agreement.worst(errors) > OPTIONS.bound:
            sys.exit(f"peer_torch.py: not timed: PyTorch and loci disagree beyond {OPTIONS.bound}: {errors}")
        weights = network.weights()
        runs = [{"batch_size": int(size), "seconds": []} for size in OPTIONS.batches.split(",")]
        for _ in range(1 + OPTIONS.rounds):
            for run in runs:
                seconds, run["accuracy"] = time_round(run["batch_size"], weights)
                run["seconds"].append(seconds)
    for run in runs:
        del run["seconds"][0]  # the warm-up
        run["images_per_second"] = n_images / sorted(run["seconds"])[len(run["seconds"]) // 2]
    return {"images": n_images, "errors": errors, "bound": OPTIONS.bound, "forward": runs}


result = {"check": check, "time": timed_updates, "forward": forward}[OPTIONS.command]()
result.update(torch_version=torch.__version__, blas=blas(), threads=torch.get_num_threads(), formulation=OPTIONS.formulation,
              first_product=OPTIONS.first_product)
json.dump(result, sys.stdout, indent=2)
print()
