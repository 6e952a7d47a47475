"""The networks of a dump (bench/dump.hpp) in PyTorch, as its users write them: a module, autograd, and for spiking networks a
loop over time with snnTorch's neuron. Imported by peer_torch.py."""
import math

import torch
import torch.nn.functional as F
from torch import nn

FORMULATIONS = ("broadcast", "cdist", "coordinates")


class Atan(torch.autograd.Function):
    """snnTorch's surrogate.atan: a step forward, (alpha / 2) / (1 + (pi / 2 alpha x)^2) backward."""

    @staticmethod
    def forward(ctx, x, alpha):
        ctx.save_for_backward(x)
        ctx.alpha = alpha
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return ctx.alpha / 2 / (1 + (math.pi / 2 * ctx.alpha * x).pow(2)) * gradient, None


class Leaky:
    """snnTorch's Leaky: reset by subtraction, detached, in the step after the spike."""

    def __init__(self, beta, threshold, alpha):
        self.beta, self.threshold, self.alpha = beta, threshold, alpha

    def __call__(self, current, membrane):
        reset = Atan.apply(membrane - self.threshold, self.alpha).detach()
        membrane = self.beta * membrane + current - reset * self.threshold
        return Atan.apply(membrane - self.threshold, self.alpha), membrane


class Network(nn.Module):
    """What dense and spatial networks share. first_product: "step", fc1(x) in every step as in snnTorch's tutorials, or "once",
    before the loop over time."""

    def __init__(self, dump, first_product):
        super().__init__()
        self.balanced = dump.balanced
        self.n_connections = len(dump.sizes) - 1
        self.n_steps = dump.n_steps
        self.once = first_product == "once"
        self.lif = [Leaky(beta, threshold, dump.slope) for beta, threshold in dump.lif] if dump.spiking else None
        self.trace = None  # a function told (layer, step, distance above the threshold), for whoever compares spikes

    def centred(self, l, current):
        return current - current.mean(-1, keepdim=True) if self.balanced[l] else current

    def forward(self, x, weights=None):
        """Scores: outputs, or spikes of the output layer (steps, batch, classes) with its membranes."""
        weights = self.weights() if weights is None else weights
        return self.rate(x, weights) if self.lif is None else self.spiking(x, weights)

    def tell(self, l, step, distance):
        if self.trace is not None:
            self.trace(l, step, distance.detach())

    def rate(self, x, weights):
        for l in range(self.n_connections - 1):
            x = self.current(l, weights[l], x)
            self.tell(l, 0, x)
            x = F.relu(x)
        return self.current(self.n_connections - 1, weights[-1], x)

    def spiking(self, x, weights):
        constant = x.dim() == 2
        membranes = [x.new_zeros(1) for _ in range(self.n_connections)]
        first = self.current(0, weights[0], x) if self.once else None
        spike_record, membrane_record = [], []
        for step in range(self.n_steps):
            if first is None:
                current = self.current(0, weights[0], x if constant else x[step])
            else:
                current = first if constant else first[step]
            for l in range(self.n_connections):
                spikes, membranes[l] = self.lif[l](current, membranes[l])
                self.tell(l, step, membranes[l] - self.lif[l].threshold if self.trace else None)
                if l + 1 < self.n_connections:
                    current = self.current(l + 1, weights[l + 1], spikes)
            spike_record.append(spikes)
            membrane_record.append(membranes[-1])
        return torch.stack(spike_record), torch.stack(membrane_record)

    def scores(self, out):
        return out if self.lif is None else out[0].sum(0)

    def loss(self, out, labels):
        """Cross-entropy on the outputs, or on spike counts (ce_count_loss)."""
        return F.cross_entropy(self.scores(out), labels)


class DenseNetwork(Network):
    def __init__(self, dump, first_product, formulation=None):
        super().__init__(dump, first_product)
        self.fc = nn.ModuleList(nn.Linear(n_pre, n_post) for n_pre, n_post in zip(dump.sizes, dump.sizes[1:]))
        with torch.no_grad():
            for l, fc in enumerate(self.fc):
                fc.weight.copy_(torch.from_numpy(dump.parameters[f"weight{l}"].T))
                fc.bias.copy_(torch.from_numpy(dump.parameters[f"bias{l + 1}"][:, 0]))

    def weights(self):
        return [None] * self.n_connections

    def current(self, l, _, x):
        return self.centred(l, self.fc[l](x))

    def full_weight(self, l):
        return self.fc[l].weight.t()

    def groups(self):
        """Parameters by the dump's names; the second says whether the dump has it transposed."""
        for l, fc in enumerate(self.fc):
            yield f"weight{l}", fc.weight, True
            yield f"bias{l + 1}", fc.bias, False


class SpatialNetwork(Network):
    """W = s m / r with r from positions, once an update; the formulation says how r is computed."""

    def __init__(self, dump, first_product, formulation):
        super().__init__(dump, first_product)
        self.scale = dump.weight_scale or [1.0] * self.n_connections
        self.steepness, self.softening = dump.steepness, dump.softening
        self.layer_distance, self.formulation = dump.layer_distance, formulation
        self.learned = nn.ParameterDict({name: nn.Parameter(torch.from_numpy(values[:, 0] if "bias" in name else values).clone())
                                         for name, values in dump.parameters.items()})

    def squared_gap(self, l):
        if self.layer_distance == "learned":
            return self.learned[f"gap{l}"] ** 2 + self.softening
        return torch.tensor(float(self.layer_distance == "fixed") + self.softening).to(self.learned["position0"])

    def distance(self, l):
        pre, post = self.learned[f"position{l}"], self.learned[f"position{l + 1}"]
        squared_gap = self.squared_gap(l)
        if self.formulation == "cdist":  # the layers' distance as one more coordinate
            gap = squared_gap.sqrt().reshape(1, 1)
            pre = torch.cat([pre, torch.zeros_like(pre[:, :1])], 1)
            return torch.cdist(pre, torch.cat([post, gap.expand(len(post), 1)], 1))
        if self.formulation == "broadcast":
            return (((pre[:, None, :] - post[None]) ** 2).sum(-1) + squared_gap).sqrt()
        squared = squared_gap
        for k in range(pre.shape[1]):
            squared = squared + (pre[:, None, k] - post[None, :, k]) ** 2
        return squared.sqrt()

    def weight(self, l):
        mask = 2 * torch.sigmoid(self.steepness * self.learned[f"inhibition{l}"]) - 1
        return self.scale[l] * mask / self.distance(l)

    def weights(self):
        return [self.weight(l) for l in range(self.n_connections)]

    def current(self, l, weight, x):
        return self.centred(l, F.linear(x, weight.t(), self.learned[f"bias{l + 1}"]))

    def full_weight(self, l):
        return self.centred(l, self.weight(l))

    def groups(self):
        for name, parameter in self.learned.items():
            yield name, parameter, False


def network_of(dump, first_product, formulation):
    return (SpatialNetwork if dump.spatial else DenseNetwork)(dump, first_product, formulation)
