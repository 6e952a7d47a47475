#!/usr/bin/python3
"""Draws a trained network and its spikes: scripts/picture.py MODEL RASTER HISTORY.csv OUT.png [SAMPLE]

Needs python3-h5py and python3-matplotlib. Also an example of how the files are read from Python.
"""
import sys

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

INK, BLUE, ORANGE = "#222222", "#0072B2", "#D55E00"  # colour-blind safe


def principal_plane(positions):
    """The two directions in which the neurons of all layers spread most."""
    centred = positions - positions.mean(axis=0)
    return np.linalg.svd(centred, full_matrices=False)[2][:2].T


def draw_positions(axes, model):
    parameters = model["parameters"]
    layers = [parameters[f"position{l}"][:] for l in range(3)]
    plane = principal_plane(np.concatenate(layers))
    ink = np.abs(np.indices((28, 28)) - 13.5).max(axis=0).ravel()
    sign = np.sign(parameters["inhibition1"][:].ravel())
    places = [layer @ plane for layer in layers]
    axes.scatter(*places[0].T, s=5, c=ink, cmap="Greys_r", alpha=0.8, label="input pixels (dark: centre of the image)")
    axes.scatter(*places[1][sign > 0].T, s=9, c=BLUE, label="hidden, excitatory")
    axes.scatter(*places[1][sign <= 0].T, s=9, c=ORANGE, label="hidden, inhibitory")
    axes.scatter(*places[2].T, s=90, marker="*", c="white", edgecolors=INK, label="output", zorder=3)
    axes.set(title="where the neurons have moved", xlabel="first principal direction", ylabel="second")
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=2, frameon=False)


def draw_raster(axes, raster, sample):
    row = {name: raster["loci/samples"][name][sample] for name in ("begin_ms", "end_ms", "label", "predicted")}
    for population, offset, colour in (("hidden", 0, BLUE), ("output", 470, ORANGE)):
        times = raster[f"spikes/{population}/timestamps"][:]
        chosen = (times > row["begin_ms"]) & (times <= row["end_ms"])
        ids = raster[f"spikes/{population}/node_ids"][:][chosen].astype(int)
        scale = 4 if population == "output" else 1
        axes.scatter(times[chosen] - row["begin_ms"], offset + scale * ids, s=1.5 * scale, c=colour, marker="|", label=population)
    axes.set(title=f"one image: label {row['label']}, predicted {row['predicted']}", xlabel="time (ms)", ylabel="neuron")
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=2, frameon=False, markerscale=3)


def draw_history(axes, path):
    history = np.genfromtxt(path, delimiter=",", names=True)
    axes.plot(history["epoch"], 100 * history["train_accuracy"], color=BLUE)
    axes.set(title="training", xlabel="epoch", ylabel="accuracy on training images (%)")
    axes.grid(alpha=0.3)


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    model_path, raster_path, history_path, out = sys.argv[1:5]
    sample = int(sys.argv[5]) if len(sys.argv) == 6 else 0
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.2), dpi=110, constrained_layout=True)
    with h5py.File(model_path) as model, h5py.File(raster_path) as raster:
        draw_positions(axes[0], model)
        draw_raster(axes[1], raster, sample)
    draw_history(axes[2], history_path)
    figure.savefig(out)


if __name__ == "__main__":
    main()
