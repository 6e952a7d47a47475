#include "backends/spinnaker.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "backends/limits.hpp"
#include "sim/layered_circuit.hpp"

namespace loci::backends {
namespace {

constexpr sim::Step native_delay = 16;     // steps
constexpr sim::Step extended_delay = 144;  // with delay extensions
constexpr int leak_bits = 24;
constexpr double state_resolution = 0x1p-15;  // of s16.15
constexpr double largest_word = 65535.0;      // a weight in memory, and a sum of them

struct Part {
  const char* receptor;
  double sign;
};
constexpr Part parts[] = {{"excitatory", 1.0}, {"inhibitory", -1.0}};

std::string list_name(const std::string& name, const std::string& pre, const std::string& post,
                      const Part& part) {
  return fmt::format("{}_{}_to_{}_{}.txt", name, pre, post, part.receptor);
}

// Rows of one sign; empty if there are none.
std::string rows_of(const FloatLayer& layer, const Part& part, double step_ms) {
  std::string rows;
  for (std::size_t pair = 0; pair < layer.weight.size(); ++pair) {
    const double weight = part.sign * layer.weight[pair];
    if (!(weight > 0.0)) continue;
    const sim::Step delay = 1 + (layer.delay.empty() ? 0 : layer.delay[pair]);
    fmt::format_to(std::back_inserter(rows), "{} {} {} {}\n", pair / layer.n_targets, pair % layer.n_targets,
                   static_cast<float>(weight), delay * step_ms);
  }
  return rows;
}

// Of the finest power of two in which the largest sum of one sign fits a word.
double weight_resolution(const FloatLayer& layer, const Part& part) {
  std::vector<double> sums(layer.n_targets, 0.0);
  for (std::size_t pair = 0; pair < layer.weight.size(); ++pair)
    sums[pair % layer.n_targets] += std::max(0.0, part.sign * layer.weight[pair]);
  const double largest = std::ranges::max(sums);
  return largest > 0.0 ? std::exp2(std::ceil(std::log2(largest / largest_word))) : 1.0;
}

FloatLayer computed(const FloatLayer& layer) {
  FloatLayer result = layer;
  const double resolution[] = {weight_resolution(layer, parts[0]), weight_resolution(layer, parts[1])};
  for (float& weight : result.weight) {
    const double unit = resolution[weight < 0.0F ? 1 : 0];
    weight = static_cast<float>(std::nearbyint(weight / unit) * unit);
  }
  result.lif.reset = sim::Reset::zero;
  return result;
}

// A step of the chip: V <- exp(-dt / tau) V + (1 - exp(-dt / tau)) tau / cm (arrived / dt + i_offset). With
// cm = tau (1 - beta) / dt an arriving weight is a jump of V by as much, and so is i_offset dt.
std::string population_line(const FloatLayer& layer, const std::string& name, double step_ms) {
  const double tau_ms = -step_ms / std::log(layer.lif.beta);
  const double cm = tau_ms * (1.0 - layer.lif.beta) / step_ms;
  // The chip fires at the threshold, the trained neuron beyond it.
  const double threshold = layer.lif.threshold + state_resolution;
  std::string offset = "0.0";
  std::string biases = "0.0";
  if (std::ranges::any_of(layer.bias, [](double b) { return b != 0.0; })) {
    std::vector<double> currents;
    for (const double b : layer.bias) currents.push_back(b / step_ms);
    offset = fmt::format("[{}]", fmt::join(currents, ", "));
    biases = fmt::format("[{}]", fmt::join(layer.bias, ", "));
  }
  return fmt::format(
      "    {{\"label\": \"{}\", \"size\": {}, \"tau_m\": {}, \"cm\": {}, \"v_thresh\": {}, \"i_offset\": "
      "{},\n     \"trained\": {{\"beta\": {}, \"threshold\": {}, \"bias\": {}}}}},\n",
      name, layer.n_targets, tau_ms, cm, threshold, offset, layer.lif.beta, layer.lif.threshold, biases);
}

constexpr const char* script_end = R"py(

def connections(name):
    """The rows (pre, post, weight, delay in ms) of a list."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), encoding="ascii") as lines:
        rows = [line.split() for line in lines if not line.startswith("#")]
    return [(int(pre), int(post), float(weight), float(delay)) for pre, post, weight, delay in rows]


def run(spike_times_ms, n_steps):
    """Spike times in ms of all populations but the input, by label and neuron."""
    sim.setup(timestep=STEP_MS, min_delay=STEP_MS)
    neuron = sim.IF_curr_delta if hasattr(sim, "IF_curr_delta") else sim.extra_models.IFCurrDelta
    sim.set_number_of_neurons_per_core(neuron, NEURONS_PER_CORE)
    populations = {"input": sim.Population(N_INPUTS, sim.SpikeSourceArray(spike_times=spike_times_ms), label="input")}
    for each in POPULATIONS:
        cells = neuron(tau_m=each["tau_m"], cm=each["cm"], v_rest=0.0, v_reset=0.0, v_thresh=each["v_thresh"],
                       tau_refrac=0.0, i_offset=each["i_offset"])
        population = sim.Population(each["size"], cells, label=each["label"])
        population.initialize(v=0.0)
        population.record(["spikes"])
        populations[each["label"]] = population
    for pre, post, receptor, name in PROJECTIONS:
        sim.Projection(populations[pre], populations[post], sim.FromListConnector(connections(name)),
                       receptor_type=receptor)
    sim.run(n_steps * STEP_MS)
    spikes = {each["label"]: [[float(time) for time in train] for train in
                              populations[each["label"]].get_data("spikes").segments[0].spiketrains]
              for each in POPULATIONS}
    sim.end()
    return spikes


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: " + sys.argv[0] + " INPUT_SPIKES.json STEPS\n"
                 "INPUT_SPIKES.json: for each input neuron a list of the times in ms at which it fires")
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(run(json.load(file), int(sys.argv[2]))))
)py";

// As a Python string.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

// As a comment that no line of it can leave.
std::string comment(const std::string& text) {
  std::string result = "# ";
  for (const char c : text) result += c == '\n' || c == '\r' ? std::string("\n# ") : std::string(1, c);
  return result + "\n";
}

std::string script_of(const FloatNetwork& network, const ExportFacts& facts, const std::string& populations,
                      const std::string& projections) {
  std::string text =
      "#!/usr/bin/env python3\n" + comment(unverified_note(spinnaker_target().title)) +
      comment(fmt::format("Written by loci {} from {}, seed {}.", facts.version, facts.model, facts.seed)) +
      comment(fmt::format("Read back by loci verify: format loci-spinnaker {}.", spinnaker_version));
  if (!facts.configuration.empty()) text += comment("\nThe run that trained it:\n" + facts.configuration);
  text += "import json\nimport os\nimport sys\n\nimport pyNN.spiNNaker as sim\n\n";
  text += fmt::format("STEP_MS = {}\nNEURONS_PER_CORE = {}  # as many as a core takes\nN_INPUTS = {}\n",
                      facts.step_ms, spinnaker_neurons_per_core, network.n_inputs());
  text += "POPULATIONS = [\n" + populations + "]\n";
  text += "# pre, post, receptor, list: weights have no sign on the machine, so each connection is two\n";
  return text + "PROJECTIONS = [\n" + projections + "]\n" + script_end;
}

std::vector<PropertyFidelity> fidelity_of(const FloatNetwork& network, const FloatNetwork& computed) {
  bool subtracts = false;
  sim::Step longest = 0;
  for (const FloatLayer& layer : network.layers) {
    subtracts = subtracts || layer.lif.reset == sim::Reset::subtract;
    longest = std::max(longest, 1 + count_edges(layer).longest_delay);
  }
  PropertyFidelity reset = reset_at_once_fidelity(network);
  if (subtracts)
    reset = {"reset", Fidelity::not_representable, "by subtraction; IF_curr_delta is set to 0 instead"};
  PropertyFidelity delay{"delay", Fidelity::exact, "each layer adds one step"};
  if (longest > native_delay)
    delay.note =
        fmt::format("up to {} steps: beyond {} sPyNNaker adds delay extensions", longest, native_delay);
  return {{"neuron equation", Fidelity::approximate, "IF_curr_delta in fixed point s16.15"},
          reset,
          {"comparison", Fidelity::approximate, "fires at the threshold, which is 2^-15 higher for that"},
          {"leak", Fidelity::approximate, "exp(-dt / tau_m) in fixed point"},
          delay,
          weight_fidelity(network, computed),
          early_bias_fidelity(network, "in fixed point")};
}

}  // namespace

TargetDescription spinnaker_target() {
  TargetDescription target{.name = "spinnaker", .title = "SpiNNaker (PyNN, sPyNNaker)", .unverified = true};
  target.model = {.membrane = signed_range(32),
                  .leak_bits = leak_bits,
                  .comparison = Comparison::greater_equal,
                  .reset = ResetTo::zero};
  target.limits.core = spinnaker_core();
  target.numbers = {
      .weight = {-static_cast<std::int64_t>(largest_word), static_cast<std::int64_t>(largest_word)},
      .threshold = {1, signed_range(32).highest},
      .threshold_of = Granularity::neuron,
      .leak = {1, (std::int64_t{1} << leak_bits) - 1},
      .leak_of = Granularity::layer,
      .bias = signed_range(32),
      .longest_delay = static_cast<int>(extended_delay) - 1};
  return target;
}

TargetExport export_spinnaker(const FloatNetwork& network, const ExportFacts& facts,
                              const std::string& name) {
  const TargetDescription target = spinnaker_target();
  require_fits(network, target);
  const std::size_t n_layers = network.layers.size() + 1;
  TargetExport result;
  std::string populations;
  std::string projections;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const FloatLayer& layer = network.layers[l];
    const std::string pre = sim::layer_name(l, n_layers);
    const std::string post = sim::layer_name(l + 1, n_layers);
    populations += population_line(layer, post, facts.step_ms);
    for (const Part& part : parts) {
      std::string rows = rows_of(layer, part, facts.step_ms);
      if (rows.empty()) continue;
      const std::string list = list_name(name, pre, post, part);
      projections +=
          fmt::format("    (\"{}\", \"{}\", \"{}\", {}),\n", pre, post, part.receptor, quoted(list));
      const std::string head = comment(unverified_note(target.title)) + "# pre post weight delay_ms\n";
      result.files.push_back({.name = list, .content = head + rows});
    }
    result.computed.layers.push_back(computed(layer));
  }
  result.files.insert(result.files.begin(),
                      {.name = name + ".py", .content = script_of(network, facts, populations, projections)});
  result.fidelity = fidelity_of(network, result.computed);
  return result;
}

}  // namespace loci::backends
