// ReckOn, an open chip of 256 recurrent neurons that reset by subtraction: its emulator, and networks on it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "backends/integer_neurons.hpp"
#include "backends/reckon_image.hpp"
#include "backends/target.hpp"

namespace loci::backends {

// All layers spike; the last may instead be a readout, see reckon_readout_model. A register chooses the reset
// of all neurons.
TargetDescription reckon_target(bool reset_to_zero = false);
IntegerModel reckon_model(bool reset_to_zero = false);
// Of the last layer, where it is ReckOn's readout: up to 16 leaky sums that never fire. Each has kappa, up to
// 128, as its leak, and a threshold beyond the membrane's range.
IntegerModel reckon_readout_model();
inline constexpr std::int32_t reckon_readout_threshold = 0x8000;

// The chip, bit for bit, without learning, noise and stochastic rounding.
class Reckon {
 public:
  explicit Reckon(const ReckonImage& image);

  void begin_sample();  // everything is 0
  // A tick. First the neurons take their step: those beyond their threshold fire, all leak and are reset, the
  // outputs leak; all but at the first tick of a sample. Then the spikes and the inputs since the last tick
  // go into the neurons, rising by source. inputs: below 256, in any order; twice counts once.
  void tick(std::span<const std::uint32_t> inputs);

  // After the last step, which is what the chip shows.
  bool stepped() const { return stepped_; }
  std::span<const std::uint32_t> spikes() const { return spikes_; }             // rising
  std::span<const std::int32_t> stepped_membrane() const { return membrane_; }  // (n_recurrent)
  std::span<const std::int32_t> stepped_output() const { return output_; }      // (n_outputs)
  // Now, after the last tick.
  std::span<const std::int32_t> membrane() const { return neurons_.membrane(); }  // (n_recurrent)
  std::span<const std::int32_t> output() const { return readout_.membrane(); }    // (n_outputs)

 private:
  void step();

  ReckonImage image_;
  IntegerNeurons neurons_;
  IntegerNeurons readout_;
  bool begun_ = false;
  bool stepped_ = false;
  std::vector<std::uint32_t> spikes_;
  std::vector<std::int32_t> membrane_;
  std::vector<std::int32_t> output_;
  std::vector<std::int32_t> weights_;  // of a source
};

// What the chip does with a list of events, inputs and -1 for a tick, as the Verilog's test bench logs it: a
// line "T spikes | membranes | outputs" a step.
std::string reckon_log(Reckon& chip, std::span<const std::int32_t> events);
// Throws InputError, with `file` and the line, for what is no input and no -1.
std::vector<std::int32_t> read_reckon_events(const std::string& file, std::string_view text);

// Where layers are: inputs among the inputs from 0, spiking layers among the recurrent neurons, each from an
// even id, since pairs share parameters; a readout among the outputs from 0.
std::vector<LayerIds> reckon_ids(const IntegerNetwork& network);

// Throws InputError for what ReckOn cannot hold: each limit that is broken, by how much, and what helps.
ReckonImage reckon_image(const IntegerNetwork& network);
// The network that is in an image. Throws InputError if there is more in it than layers after layers.
IntegerNetwork network_of(const ReckonImage& image, std::span<const LayerIds> layers, bool readout);

struct ReckonRun {
  std::vector<std::int32_t> events;                // inputs, and -1 for a tick
  LayerSpikes spikes;                              // of the spiking layers
  std::vector<std::vector<std::int32_t>> outputs;  // of the readout, after each of its steps
};
// A sample. Layer l's step t is tick t + l, and its spikes leave with the tick after.
ReckonRun run_reckon(Reckon& chip, std::span<const LayerIds> layers, bool readout,
                     const sim::SpikeTrains& inputs, sim::Step n_steps);

// Image files, network.json, and for each sample events.txt and expected.log (reckon_log). Throws InputError
// where the network does not fit.
std::vector<ExportedFile> export_reckon(const IntegerNetwork& network, const RtlSamples& samples,
                                        const ExportFacts& facts);

struct ReckonExport {
  RtlSidecar sidecar;
  ReckonImage image;
  IntegerNetwork network;
};
// What export_reckon wrote. Throws InputError for files that are missing, damaged or not of one export.
ReckonExport import_reckon(std::span<const ExportedFile> files);

}  // namespace loci::backends
