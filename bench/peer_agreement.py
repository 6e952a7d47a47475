"""Compares a PyTorch network with what loci computed. Imported by peer_torch.py."""
import copy

import numpy as np
import torch


def error(values, expected):
    """How far `values` are from what is expected. largest: difference, as a fraction of the largest expected value; norm: of the
    differences, as a fraction of the norm of the expected values."""
    values, expected = np.asarray(values, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    difference = values - expected
    largest, norm = np.abs(expected).max() or 1.0, np.linalg.norm(expected) or 1.0
    return {"largest": float(np.abs(difference).max() / largest), "norm": float(np.linalg.norm(difference) / norm)}


def worst(errors):
    """Of all groups, by the norm: one spike or ReLU that rounding turns changes a single element by much, and the rest not."""
    return max(group["norm"] for group in errors.values())


def outcome(network, out, loss):
    """Loss, logits and the gradient of every group, in the dump's shapes."""
    found = {"loss": loss.item(), "logits": network.scores(out).detach().numpy()}
    for name, parameter, transposed in network.groups():
        gradient = parameter.grad.numpy()
        found["gradient of " + name] = gradient.T if transposed else gradient.reshape(len(gradient), -1)
    return found


def loci_outcome(dump):
    found = {"loss": dump.loss, "logits": dump.logits}
    found.update(("gradient of " + name, gradient) for name, gradient in dump.gradient.items())
    return found


def errors_between(found, expected):
    if found.keys() != expected.keys():
        raise SystemExit(f"peer_torch.py: different groups: {sorted(found)} and {sorted(expected)}")
    return {name: error(found[name], expected[name]) for name in expected}


def first_update(dump, network, out, loss):
    return errors_between(outcome(network, out, loss), loci_outcome(dump))


def scores_alone(dump, network, x):
    return {"logits": error(network.scores(network(x)).numpy(), dump.logits)}


class Trace:
    """Who was above the threshold (a spike; of a rate network a ReLU that passes), and how far from it."""

    def __init__(self):
        self.above, self.distances = {}, {}

    def __call__(self, l, step, distance):
        self.above.setdefault(l, []).append(distance > 0)
        self.distances.setdefault(l, []).append(distance.abs().float())

    def n_above(self):
        return sum(int(step.sum()) for steps in self.above.values() for step in steps)


def evaluate(network, x, labels):
    trace = network.trace = Trace()
    out = network(x)
    loss = network.loss(out, labels)
    loss.backward()
    network.trace = None
    return outcome(network, out, loss), trace


def flips(trace32, trace64):
    """Per layer, thresholds that float32 passes and float64 does not or the reverse. Of each neuron's first flip, how far it was
    from the threshold in float64 (later ones follow from it); and how many came within a millionth of it."""
    layers = []
    for l, distances in trace64.distances.items():
        above64, distance = torch.stack(trace64.above[l]), torch.stack(distances)
        flipped = torch.stack(trace32.above[l]) != above64
        first = flipped & (flipped.cumsum(0) == 1)
        furthest = distance[first].max().item() if first.any() else 0.0
        layers.append({"neuron_steps": flipped.numel(), "above": int(above64.sum()), "within_1e-6": int((distance < 1e-6).sum()),
                       "flipped": int(flipped.sum()), "first_flips": int(first.sum()), "furthest_first_flip": furthest})
    return layers


def check(dump, network, x, labels):
    exact = copy.deepcopy(network).double()
    weights, weights64 = ({f"weights{l}": error(dump.weights(l), each.full_weight(l).detach().numpy())
                           for l in range(each.n_connections)} for each in (network, exact))
    found32, trace32 = evaluate(network, x, labels)
    found64, trace64 = evaluate(exact, x.double(), labels)
    loci = loci_outcome(dump)
    result = {"loci32_torch32": {**weights, **errors_between(loci, found32)},
              "loci32_torch64": {**weights64, **errors_between(loci, found64)},
              "torch32_torch64": errors_between(found32, found64)}
    result["flips_torch32_torch64"] = flips(trace32, trace64)
    if network.lif:
        result["spikes"] = {"loci32": dump.n_spikes, "torch32": trace32.n_above(), "torch64": trace64.n_above()}
    return result
