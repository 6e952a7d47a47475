"""Reads what `loci-bench update --dump` writes (bench/dump.hpp). Imported by peer_torch.py."""
import h5py
import numpy as np


def text(value):
    return value.decode() if isinstance(value, bytes) else value


class Dump:
    """Small things at once; the batch and the weights when asked for, so that memory is the method's."""

    def __init__(self, path):
        self.path = path
        with h5py.File(path) as file:
            self.read_network(file["network"])
            attributes = {key: text(value) for key, value in file.attrs.items()}
            self.parameters = {name: values[:] for name, values in file["parameters"].items()}
            self.gradient = {name: values[:] for name, values in file["gradient"].items()}
            self.labels, self.logits = file["labels"][:], file["logits"][:]
        self.n_steps, self.slope = int(attributes["n_steps"]), float(attributes["slope"])
        self.loss, self.n_spikes = float(attributes["loss"]), int(attributes["n_spikes"])
        self.learning_rate = float(attributes["learning_rate"])
        self.adam_betas = float(attributes["adam_beta1"]), float(attributes["adam_beta2"])
        self.adam_epsilon = float(attributes["adam_epsilon"])
        expected = {"loss_kind": "ce_count" if self.spiking else "cross_entropy", "surrogate": "atan"}
        for key, value in expected.items():
            if attributes[key] != value:
                raise SystemExit(f"{path}: {key} is {attributes[key]}; only {value} is written in PyTorch here")

    def read_network(self, group):
        attributes = {key: text(value) for key, value in group.attrs.items()}
        self.sizes = [int(size) for size in group["sizes"]]
        self.spatial, self.spiking = attributes["wiring"] == "spatial", attributes["neuron"] == "snn"
        self.layer_distance = attributes["layer_distance"]
        layers, last = attributes.get("balanced_layers", "first"), len(self.sizes) - 2
        self.balanced = [bool(attributes["balanced"]) and (layers == "all" or l < last and (l == 0 or layers == "hidden"))
                         for l in range(last + 1)]
        self.steepness, self.softening = float(attributes["mask_steepness"]), float(attributes["softening"])
        self.weight_scale = [float(scale) for scale in group["weight_scale"]]
        self.lif = list(zip(group["lif_beta"][:].tolist(), group["lif_threshold"][:].tolist()))
        if len(self.lif) == 1:
            self.lif *= len(self.sizes) - 1
        resets = {text(reset) for reset in group["lif_reset"][:]}
        if self.spiking and (resets != {"subtract"} or not all(group["lif_reset_delay"][:])):
            raise SystemExit(f"{self.path}: only snnTorch's delayed reset by subtraction is written in PyTorch here")

    def input(self):
        """Currents (batch, inputs), or spikes (steps, batch, inputs), float32."""
        with h5py.File(self.path) as file:
            return file["images"][:] if "images" in file else file["spikes"][:].astype(np.float32)

    def weights(self, l):
        with h5py.File(self.path) as file:
            return file[f"weights{l}"][:]
