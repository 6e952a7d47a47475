"""One of the networks that simulators are compared on (bench/peer_networks.cpp), as Brian2's users write it, compiled to a program
of its own. The program prints the CPU seconds of its process when it is ready to run, when the warm-up is over and at the end.
Usage: brian2_network.py NETWORK FOLDER [--duration MS] [--warmup MS] [--seed S]"""
import argparse

from brian2 import (Hz, Network, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, defaultclock, device, mV, ms, prefs, run, second,
                    seed, set_device)

MARK = """{{ timespec now; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
std::cout << "mark {} " << now.tv_sec + 1e-9 * now.tv_nsec << std::endl; }}"""


def mark(name):
    device.insert_code("main", MARK.format(name))


def cuba():
    """Currents are in mV; tau_m dv/dt = ge + gi - (v - E_L)."""
    neurons = NeuronGroup(4000, """dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
                                   dge/dt = -ge / (5*ms) : volt
                                   dgi/dt = -gi / (10*ms) : volt""",
                          threshold="v >= -50*mV", reset="v = -60*mV", refractory=5 * ms, method="exact")
    neurons.v = "-60*mV + rand() * 10*mV"
    excitatory = Synapses(neurons[:3200], neurons, on_pre="ge += 1.62*mV", delay=0.8 * ms)
    inhibitory = Synapses(neurons[3200:], neurons, on_pre="gi -= 9*mV", delay=0.8 * ms)
    excitatory.connect(condition="i != j", p=0.02)
    inhibitory.connect(condition="i + 3200 != j", p=0.02)
    return [neurons, excitatory, inhibitory]


def driven(n, model=""):
    neurons = NeuronGroup(n, "dv/dt = -v / (20*ms) : volt (unless refractory)" + model, threshold="v >= 20*mV", reset="v = 10*mV",
                          refractory=2 * ms, method="exact")
    neurons.v = "rand() * 20*mV"
    # 12 kHz to every neuron: in a step the sum of many slow trains.
    return neurons, PoissonInput(neurons, "v", 1200, 10 * Hz, 0.1 * mV)


def brunel():
    neurons, drive = driven(10_000)
    joined = []
    for first, last, weight in ((0, 8000, "0.1*mV"), (8000, 10_000, "-0.5*mV")):
        synapses = Synapses(neurons[first:last], neurons, on_pre=f"v_post += {weight} * int(not_refractory_post)", delay=1.5 * ms)
        synapses.connect(condition=f"i + {first} != j", p=0.1)
        joined.append(synapses)
    return [neurons, drive, *joined]


def spatial(dims):
    n = 20_000
    axes = "xyz"[:dims]
    neurons, drive = driven(n, "".join(f"\n{axis} : 1" for axis in axes))
    for axis in axes:
        setattr(neurons, axis, "rand()")
    radius = (500 / (3.141592653589793 * n)) ** 0.5 if dims == 2 else (3 * 500 / (4 * 3.141592653589793 * n)) ** (1 / 3)
    scale, slope = (radius / 2, 20) if dims == 2 else (2 * radius / 3, 10)
    apart = {axis: f"abs({axis}_pre - {axis}_post)" for axis in axes}
    squared = " + ".join(f"clip({d}, 0, 1 - {d})**2" for d in apart.values())
    joined = []
    for first, last, weight in ((0, 16_000, 0.1), (16_000, n, -0.5)):
        synapses = Synapses(neurons[first:last], neurons, "w : volt", on_pre="v_post += w * int(not_refractory_post)")
        synapses.connect(condition=f"i + {first} != j and {squared} < {radius ** 2}")
        synapses.w = f"{weight}*mV * {scale} / clip(sqrt({squared}), {radius / 20}, 1)"
        synapses.delay = f"0.5*ms + {slope}*ms * sqrt({squared})"
        joined.append(synapses)
    return [neurons, drive, *joined]


NETWORKS = {"cuba": cuba, "brunel": brunel, "spatial2d": lambda: spatial(2), "spatial3d": lambda: spatial(3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("folder")
    parser.add_argument("--duration", type=float, default=1000, help="timed, ms")
    parser.add_argument("--warmup", type=float, default=200, help="before, ms")
    parser.add_argument("--seed", type=int, default=1234)
    options = parser.parse_args()
    set_device("cpp_standalone", directory=options.folder, build_on_run=False)
    prefs.codegen.cpp.extra_compile_args_gcc = ["-O3", "-march=native", "-ffast-math", "-std=c++11"]
    defaultclock.dt = 0.1 * ms
    seed(options.seed)
    objects = NETWORKS[options.network]()
    spikes = SpikeMonitor(objects[0])
    network = Network(*objects, spikes)
    mark("ready")
    network.run(options.warmup * ms)
    mark("warm")
    network.run(options.duration * ms)
    mark("done")
    device.build(directory=options.folder, compile=True, run=False, debug=False)


if __name__ == "__main__":
    main()
