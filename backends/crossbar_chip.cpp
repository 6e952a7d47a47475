#include "backends/crossbar_chip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace loci::backends {

CrossbarChip::CrossbarChip(const IntegerModel& model, const IntegerParameters& parameters,
                           std::vector<std::int32_t> membrane, Crossbar crossbar)
    : crossbar_(std::move(crossbar)), neurons_(model, parameters) {
  if (neurons_.size() != crossbar_size || membrane.size() != crossbar_size ||
      crossbar_.weight.size() != crossbar_size * crossbar_size ||
      crossbar_.disabled.size() != crossbar_size || crossbar_.n_worked_on > crossbar_size)
    throw std::invalid_argument("a crossbar's arrays are not of 256 neurons");
  neurons_.add(membrane);
}

void CrossbarChip::clear() {
  neurons_.clear();
  queue_.clear();
}

void CrossbarChip::fire(std::size_t begin, std::size_t end, std::vector<std::uint32_t>& spikes) {
  fired_.clear();
  neurons_.fire(begin, end, fired_);
  for (const std::uint32_t neuron : fired_) {
    if (crossbar_.disabled[neuron] != 0) continue;
    spikes.push_back(neuron);
    if (crossbar_.closed_loop) queue_.push_back(neuron);
  }
  longest_queue_ = std::max(longest_queue_, queue_.size());
}

void CrossbarChip::deliver(std::size_t source, std::vector<std::uint32_t>& spikes) {
  const auto row = std::span<const std::int32_t>(crossbar_.weight).subspan(source * crossbar_size);
  neurons_.add(0, row.first(crossbar_.n_worked_on));
  fire(0, crossbar_.n_worked_on, spikes);
}

void CrossbarChip::work_off(std::vector<std::uint32_t>& spikes) {
  while (!queue_.empty()) {
    const std::uint32_t source = queue_.front();
    queue_.pop_front();
    deliver(source, spikes);
  }
}

void CrossbarChip::leak_all(std::vector<std::uint32_t>& spikes) {
  neurons_.leak(0, crossbar_.n_worked_on);
  fire(0, crossbar_.n_worked_on, spikes);
  work_off(spikes);
}

void CrossbarChip::leak_one(std::size_t neuron, std::vector<std::uint32_t>& spikes) {
  neurons_.leak(neuron, neuron + 1);
  fire(neuron, neuron + 1, spikes);
  work_off(spikes);
}

void CrossbarChip::spike(std::size_t source, std::vector<std::uint32_t>& spikes) {
  deliver(source, spikes);
  work_off(spikes);
}

void CrossbarChip::synapse(std::size_t target, std::int32_t weight, std::vector<std::uint32_t>& spikes) {
  neurons_.add(target, std::span<const std::int32_t>(&weight, 1));
  fire(target, target + 1, spikes);
  work_off(spikes);
}

std::string crossbar_log(CrossbarChip& chip, std::span<const std::uint32_t> events) {
  std::string log;
  std::vector<std::uint32_t> spikes;
  for (const std::uint32_t event : events) {
    if (event == chip.mark()) {
      fmt::format_to(std::back_inserter(log), "M {}\n", fmt::join(chip.membrane(), " "));
      continue;
    }
    spikes.clear();
    chip.on_event(event, spikes);
    for (const std::uint32_t id : spikes) fmt::format_to(std::back_inserter(log), "S {}\n", id);
  }
  return log;
}

CrossbarRun run_crossbar(CrossbarChip& chip, std::span<const LayerIds> layers, const sim::SpikeTrains& inputs,
                         sim::Step n_steps, bool closed_loop) {
  const LayerIds input = layers.front();
  const std::size_t first_output = layers.back().begin;
  const std::size_t n_ticks = n_steps + (closed_loop ? 0 : layers.size() - 2);
  CrossbarRun run;
  run.spikes.resize(n_ticks);
  chip.clear();
  for (std::size_t tick = 0; tick < n_ticks; ++tick) {
    const auto send = [&](std::uint32_t event) {
      run.events.push_back(event);
      chip.on_event(event, run.spikes[tick]);
    };
    send(chip.leak_event());
    if (tick < n_steps)
      for (const std::uint32_t neuron : inputs.at(tick)) send(chip.spike_event(input.begin + neuron));
    if (!closed_loop && tick > 0)
      for (const std::uint32_t id : run.spikes[tick - 1])
        if (id < first_output) send(chip.spike_event(id));
    run.events.push_back(chip.mark());
  }
  return run;
}

LayerSpikes layer_spikes(const CrossbarRun& run, std::span<const LayerIds> layers, sim::Step n_steps,
                         bool closed_loop) {
  LayerSpikes spikes(layers.size() - 1);
  for (std::size_t l = 0; l < spikes.size(); ++l) {
    const LayerIds& ids = layers[l + 1];
    for (std::size_t step = 0; step < n_steps; ++step) {
      std::vector<std::uint32_t>& fired = spikes[l].emplace_back();
      for (const std::uint32_t id : run.spikes[step + (closed_loop ? 0 : l)])
        if (ids.begin <= id && id < ids.end()) fired.push_back(static_cast<std::uint32_t>(id - ids.begin));
    }
  }
  return spikes;
}

}  // namespace loci::backends
