#include "sim/simulate.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "sim/clock_engine.hpp"
#include "sim/error.hpp"
#include "sim/event_engine.hpp"
#include "sim/names.hpp"

namespace loci::sim {
namespace {

constexpr NameTable<Engine, 2> engines{{{Engine::clock, "clock"}, {Engine::event, "event"}}};

// Counts the output layer's spikes and hands all spikes on in milliseconds.
class OutputCounter final : public SpikeListener {
 public:
  OutputCounter(Vertex first_output, std::span<std::uint32_t> counts, double step_ms, Recorder& recorder)
      : first_output_(first_output), counts_(counts), step_ms_(step_ms), recorder_(recorder) {}

  void on_spikes(Step step, std::span<const NeuronId> spikes) override {
    for (auto spike = spikes.rbegin(); spike != spikes.rend() && index_of(*spike) >= first_output_; ++spike)
      ++counts_[index_of(*spike) - first_output_];
    recorder_.record((static_cast<double>(step) + 1.0) * step_ms_, spikes);
  }

 private:
  Vertex first_output_;
  std::span<std::uint32_t> counts_;
  double step_ms_;
  Recorder& recorder_;
};

void check(const NetworkDescription& network, const SpatialGraph& graph, std::size_t n_steps,
           double step_ms) {
  assert(network.spiking() && graph.n_layers() == network.n_layers());
  if (n_steps == 0) throw InputError("steps", "0 steps simulate nothing", "choose at least 1");
  if (n_steps + network.n_layers() > max_steps)
    throw InputError("steps", std::to_string(n_steps) + " steps are too many", "simulate shorter samples");
  (void)steps_from_ms(0.0, step_ms, OffGrid::refuse, "step");
  if (std::isfinite(graph.options().velocity) && graph.options().step_ms != step_ms)
    throw InputError("step", "the graph's delays were rounded to another step",
                     "build the graph with the same step");
}

std::unique_ptr<SpikingEngine> make_engine(Engine engine, const LayeredModel& model) {
  if (engine == Engine::clock) return std::make_unique<ClockEngine>(model);
  return std::make_unique<EventEngine>(model);
}

}  // namespace

LayeredSimulation::LayeredSimulation(const NetworkDescription& network, const Parameters& parameters,
                                     const SpatialGraph& graph, Engine engine, std::size_t n_steps,
                                     double step_ms)
    : graph_(graph), n_steps_(n_steps), step_ms_(step_ms), bias_(network.sizes.front(), 0.0) {
  check(network, graph, n_steps, step_ms);
  for (std::size_t l = 1; l < network.n_layers(); ++l) {
    const auto bias = connection_biases(network, parameters, l - 1);
    bias_.insert(bias_.end(), bias.begin(), bias.end());
  }
  const LayeredModel model(network, graph, static_cast<Step>(n_steps));
  window_ = model.window;
  engine_ = make_engine(engine, model);
}

SampleResult LayeredSimulation::run(std::span<const std::uint8_t> pixels, const Encoder& encoder,
                                    std::uint32_t sample, Recorder& recorder) {
  if (pixels.size() != graph_.layer_begin(1))
    throw InputError("image",
                     std::to_string(pixels.size()) + " pixels for an input layer of " +
                         std::to_string(graph_.layer_begin(1)) + " neurons",
                     "use images of the size that the network was made for");
  const bool spiking_input = encoder.encoding != Encoding::constant;
  if (spiking_input)
    encode(encoder, pixels, n_steps_, evaluation_epoch, sample, trains_);
  else
    inject(pixels);
  const std::size_t n_layers = graph_.n_layers();
  const Vertex first_output = graph_.layer_begin(n_layers - 1);
  SampleResult result;
  result.output_counts.assign(graph_.layer_begin(n_layers) - first_output, 0);
  OutputCounter listener(first_output, result.output_counts, step_ms_, recorder);
  engine_->run({spiking_input ? bias_ : current_, spiking_input ? &trains_ : nullptr}, listener);
  const auto most = std::ranges::max_element(result.output_counts);
  result.predicted = static_cast<std::size_t>(most - result.output_counts.begin());
  return result;
}

// Bias and x_i w_ij, summed in the order of the pixels.
void LayeredSimulation::inject(std::span<const std::uint8_t> pixels) {
  current_ = bias_;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (pixels[i] == 0) continue;
    for (const Synapses::Bundle& bundle : graph_.synapses().from(static_cast<Vertex>(i)))
      graph_.synapses().deliver(bundle, pixels[i] / 255.0, current_);
  }
}

std::string_view name_of(Engine value) {
  return find_name(engines, value);
}
Engine parse_engine(std::string_view text, const std::string& where) {
  return find_value(engines, text, where);
}

}  // namespace loci::sim
