// What a circuit's run leaves: spikes, rates of populations, and traces of neurons, each in its file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/spike_file.hpp"
#include "io/circuit_file.hpp"
#include "io/rates.hpp"

namespace loci::cli {

// What a trace asks an engine for, whichever it is.
class CircuitProbe {
 public:
  virtual ~CircuitProbe() = default;
  virtual double value(io::TraceQuantity quantity, std::size_t population, std::uint32_t neuron) const = 0;
};

template <typename Engine>
class EngineProbe final : public CircuitProbe {
 public:
  explicit EngineProbe(const Engine& engine) : engine_(engine) {}
  double value(io::TraceQuantity quantity, std::size_t population, std::uint32_t neuron) const override {
    switch (quantity) {
      case io::TraceQuantity::membrane_mv:
        return engine_.membrane(population, neuron);
      case io::TraceQuantity::current_pa:
        return engine_.excitatory_current(population, neuron) +
               engine_.inhibitory_current(population, neuron);
      case io::TraceQuantity::excitatory_current_pa:
        return engine_.excitatory_current(population, neuron);
      case io::TraceQuantity::inhibitory_current_pa:
        return engine_.inhibitory_current(population, neuron);
    }
    return 0.0;
  }

 private:
  const Engine& engine_;
};

struct OutputOptions {
  std::string out;  // the spikes' file; the others are named after it
  SpikeFormat format = SpikeFormat::sonata;
  bool force = false;
};

class CircuitOutputs {
 public:
  // Creates nothing. Throws InputError for a file that exists, or that the circuit itself is read from, and
  // for what the spikes' layout cannot hold.
  CircuitOutputs(const io::CircuitFile& file, const std::string& circuit_path, const OutputOptions& options);
  ~CircuitOutputs();

  // Throws InputError where a file cannot be written, before any is.
  void open(const std::string& configuration);

  void on_spikes(double time_ms, std::size_t population, std::span<const std::uint32_t> neurons);
  // The traces want frames after multiples of so many steps at most; 0: never.
  sim::Step frame_interval() const;
  // After that many steps they want a frame, and after `step` steps next: the run's end where none do.
  bool wants_frame(sim::Step step) const;
  sim::Step next_frame(sim::Step step) const;
  void take_frame(sim::Step step, const CircuitProbe& probe);
  void close();

  bool empty() const { return paths().empty(); }
  // Of all files.
  std::vector<std::string> paths() const;
  // Of the spikes; empty: none are written.
  const std::string& spikes_path() const { return spikes_path_; }

 private:
  struct TraceFile;

  void plan_traces();
  void require_free(const std::string& circuit_path, const OutputOptions& options) const;

  const io::CircuitFile& file_;
  SpikeFileOptions spikes_options_;
  std::string spikes_path_;
  std::string rates_path_;
  std::string stem_;  // of all other files
  sim::Step n_steps_;
  std::unique_ptr<SpikeFile> spikes_;
  std::optional<io::PopulationRates> rates_;
  std::vector<TraceFile> traces_;
  std::vector<std::uint64_t> ids_;  // scratch
  std::vector<double> times_;
};

}  // namespace loci::cli
