#!/usr/bin/env python3
"""Trains with settings that might be better, on 50,000 MNIST images, and keeps what 10,000 others say of each.

    scripts/recipe_search.py MNIST_FOLDER SETTINGS [JOBS]

SETTINGS: a file of `loci train` options, one set a line; empty lines and # comments are passed over; a
line with `--dataset fashion-mnist` trains on that instead. Sets that are already in
experiments/results/recipe-search.json are not trained again. One thread each, JOBS (2) at a time. What is kept is the last epoch's
accuracy on the validation images; the test accuracy that every training ends with is neither kept nor shown."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

results_path = pathlib.Path(__file__).parent.parent / "experiments/results/recipe-search.json"
program = os.environ.get("LOCI_PROGRAM", str(pathlib.Path(__file__).parent.parent / "build/release/loci"))
lock = threading.Lock()


def read_results():
    return json.loads(results_path.read_text()) if results_path.exists() else []


def keep(result):
    with lock:
        results = read_results() + [result]
        partial = results_path.with_suffix(".partial")
        lines = ",\n".join(json.dumps(each) for each in results)
        partial.write_text(f"[\n{lines}\n]\n")
        partial.replace(results_path)
        print(f"{result['validation_accuracy']:.4f}  {result['options']}", flush=True)


def train(mnist, options):
    with tempfile.TemporaryDirectory() as folder:
        data = [] if "--dataset" in options else ["--dataset", "mnist", "--data-dir", mnist]
        command = [program, "train", *data, "--validation", "10000", "--threads", "1", "--quiet", "--json",
                   "--out", f"{folder}/model.h5", *options.split()]
        run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"recipe_search: {options}\n{run.stderr}")
    summary = json.loads(run.stdout)
    last = dict(zip(summary["history"]["columns"], summary["history"]["rows"][-1]))
    keep({"options": options, "network": summary["network"], "parameters": summary["parameters"],
          "epochs": summary["epochs"], "train_loss": round(last["train_loss"], 5),
          "train_accuracy": last["train_accuracy"], "validation_accuracy": last["validation_accuracy"],
          "seconds_per_epoch": round(summary["median_epoch_seconds"], 2), "loci_commit": summary["loci_commit"]})


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    mnist = sys.argv[1]
    try:
        settings = pathlib.Path(sys.argv[2]).read_text().splitlines()
    except OSError as error:
        raise SystemExit(f"recipe_search: {sys.argv[2]}: {error.strerror}; give a file of `loci train` options, one set a line")
    done = {result["options"] for result in read_results()}
    wanted = [" ".join(line.split()) for line in settings if line.strip() and not line.startswith("#")]
    with concurrent.futures.ThreadPoolExecutor(int(sys.argv[3]) if len(sys.argv) == 4 else 2) as pool:
        for future in [pool.submit(train, mnist, options) for options in dict.fromkeys(wanted) if options not in done]:
            future.result()


if __name__ == "__main__":
    main()
