"""Stands in for sPyNNaker in tests: the calls that an exported script makes, with the equations of IF_curr_delta in
floating point."""
import math
from collections import defaultdict
from types import SimpleNamespace

_run = SimpleNamespace(step_ms=None, populations=[], projections=[], neurons_per_core={})


def setup(timestep, min_delay):
    assert min_delay == timestep
    _run.step_ms = timestep


def set_number_of_neurons_per_core(neuron, n):
    _run.neurons_per_core[neuron] = n


class IF_curr_delta:
    def __init__(self, **parameters):
        expected = {"tau_m", "cm", "v_rest", "v_reset", "v_thresh", "tau_refrac", "i_offset"}
        assert set(parameters) == expected, parameters
        assert parameters["tau_refrac"] == 0.0
        self.parameters = parameters

    def of(self, name, index):
        value = self.parameters[name]
        return value[index] if isinstance(value, list) else value


class SpikeSourceArray:
    def __init__(self, spike_times):
        self.steps = [{round(time / _run.step_ms) for time in train} for train in spike_times]


class FromListConnector:
    def __init__(self, rows):
        self.rows = rows


class Population:
    def __init__(self, size, cells, label):
        self.size, self.cells, self.label = size, cells, label
        self.v = None
        self.trains = [[] for _ in range(size)]
        _run.populations.append(self)

    def initialize(self, v):
        self.v = [v] * self.size

    def record(self, variables):
        assert variables == ["spikes"]

    def get_data(self, variable):
        assert variable == "spikes"
        return SimpleNamespace(segments=[SimpleNamespace(spiketrains=self.trains)])

    def step(self, now, arrived):
        """Who fires, given what arrives at each neuron: excitation less inhibition."""
        if isinstance(self.cells, SpikeSourceArray):
            return [i for i in range(self.size) if now in self.cells.steps[i]]
        fired = []
        for i in range(self.size):
            current = arrived.get(i, 0.0) / _run.step_ms + self.cells.of("i_offset", i)
            tau = self.cells.of("tau_m", i)
            alpha = current * tau / self.cells.of("cm", i) + self.cells.of("v_rest", i)
            self.v[i] = alpha - math.exp(-_run.step_ms / tau) * (alpha - self.v[i])
            if self.v[i] >= self.cells.of("v_thresh", i):
                self.v[i] = self.cells.of("v_reset", i)
                fired.append(i)
                self.trains[i].append(now * _run.step_ms)
        return fired


class Projection:
    def __init__(self, pre, post, connector, receptor_type):
        self.sign = {"excitatory": 1.0, "inhibitory": -1.0}[receptor_type]
        self.pre, self.post = pre, post
        self.rows = defaultdict(list)
        for source, target, weight, delay in connector.rows:
            steps = round(delay / _run.step_ms)
            assert weight > 0.0 and target < post.size and source < pre.size
            assert 1 <= steps <= 144 and abs(steps * _run.step_ms - delay) < 1e-9
            self.rows[source].append((target, weight, steps))
        _run.projections.append(self)


def run(duration_ms):
    assert all(n <= 255 for n in _run.neurons_per_core.values()) and _run.neurons_per_core
    arriving = defaultdict(lambda: defaultdict(float))  # by population and step, then by neuron
    for now in range(round(duration_ms / _run.step_ms)):
        for population in _run.populations:
            for source in population.step(now, arriving[population, now]):
                for projection in _run.projections:
                    if projection.pre is population:
                        for target, weight, steps in projection.rows[source]:
                            arriving[projection.post, now + steps][target] += projection.sign * weight


def end():
    pass
