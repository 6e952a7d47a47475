// Every network recorded on Lava's fixed-point models that is found in the golden folder: weights as the chip
// encodes them, and current, membrane and spikes of every neuron at every step.
#include <catch2/catch.hpp>
#include <iostream>

#include "backends/loihi.hpp"
#include "backends/loihi_chip.hpp"
#include "io/hdf5.hpp"
#include "tests/backends/golden_folder.hpp"

using namespace loci;
using namespace loci::backends;
using io::hdf5::Group;

namespace {

struct Recorded {
  IntegerNetwork network;
  std::vector<LoihiReset> resets;
  std::vector<std::vector<std::int32_t>> u, v, s;  // by layer: (n_steps, n), row-major
  std::vector<std::int32_t> input;                 // (n_steps, n_inputs)
  std::size_t n_steps = 0;
  std::size_t n_weights = 0;  // compared
};

std::int32_t number(const Group& group, const std::string& name, std::int32_t otherwise) {
  return group.has_attribute(name) ? group.read_attribute<std::int32_t>(name) : otherwise;
}

// One number for all neurons, or one each.
std::vector<std::int32_t> numbers(const Group& group, const std::string& name, std::size_t n) {
  if (group.exists(name)) return group.dataset(name).read<std::int32_t>({n});
  if (!group.has_attribute(name)) return {};
  return std::vector<std::int32_t>(n, group.read_attribute<std::int32_t>(name));
}

// (rows, columns) to (columns, rows).
template <typename To>
std::vector<To> transposed(const std::vector<std::int32_t>& values, std::size_t n_rows,
                           std::size_t n_columns) {
  std::vector<To> result(values.size());
  for (std::size_t row = 0; row < n_rows; ++row)
    for (std::size_t column = 0; column < n_columns; ++column)
      result[column * n_rows + row] = static_cast<To>(values[row * n_columns + column]);
  return result;
}

// Weights are prepared here and compared with what Lava made of them.
IntegerConnection read_connection(const Group& group, std::size_t n_targets, std::size_t& n_compared) {
  if (!group.exists("weights_given") && !group.exists("weights_effective"))
    return {.n_sources = 0, .n_targets = n_targets};  // neurons alone, driven by their sums
  const auto shape = group.dataset("weights_given").shape();
  const auto given = group.dataset("weights_given").read<std::int32_t>();
  const auto effective = group.dataset("weights_effective").read<std::int32_t>(shape);
  const auto signs = group.has_attribute("sign_mode")
                         ? static_cast<LoihiSigns>(group.read_attribute<std::int32_t>("sign_mode"))
                         : loihi_signs(given);
  const auto prepared = loihi_weights(given, signs, number(group, "num_weight_bits", 8));
  REQUIRE(prepared == effective);
  n_compared += prepared.size();
  IntegerConnection connection{.n_sources = shape[1],
                               .n_targets = n_targets,
                               .weight = transposed<std::int16_t>(prepared, n_targets, shape[1]),
                               .exponent = number(group, "weight_exp", 0)};
  if (group.exists("delays"))
    connection.delay =
        transposed<std::uint8_t>(group.dataset("delays").read<std::int32_t>(shape), n_targets, shape[1]);
  return connection;
}

Recorded read_case(const Group& group) {
  Recorded recorded;
  recorded.n_steps = group.read_attribute<std::uint64_t>("T");
  recorded.input = group.dataset("input").read<std::int32_t>();
  const auto n_layers = group.read_attribute<std::uint64_t>("n_layers");
  for (std::size_t l = 0; l < n_layers; ++l) {
    const Group layer = group.group("layer" + std::to_string(l));
    const auto shape = layer.dataset("v").shape();
    REQUIRE(shape[0] == recorded.n_steps);
    recorded.u.push_back(layer.dataset("u").read<std::int32_t>(shape));
    recorded.v.push_back(layer.dataset("v").read<std::int32_t>(shape));
    recorded.s.push_back(layer.dataset("s").read<std::int32_t>(shape));
    const std::size_t n = shape[1];
    LoihiNeurons neurons{.du = layer.read_attribute<std::int32_t>("du"),
                         .dv = layer.read_attribute<std::int32_t>("dv"),
                         .vth = layer.read_attribute<std::int32_t>("vth"),
                         .bias_mant = numbers(layer, "bias_mant", n),
                         .bias_exponent = numbers(layer, "bias_exp", n)};
    if (neurons.bias_exponent.empty()) neurons.bias_exponent.assign(n, 0);  // Lava's default
    recorded.network.layers.push_back({.incoming = read_connection(layer, n, recorded.n_weights),
                                       .model = loihi_model(neurons.du),
                                       .parameters = loihi_parameters(neurons, n, layer.where())});
    recorded.resets.push_back({static_cast<sim::Step>(number(layer, "reset_interval", 0)),
                               static_cast<sim::Step>(number(layer, "reset_offset", 0))});
  }
  return recorded;
}

struct Counts {
  std::size_t spikes = 0;
  std::size_t values = 0;  // currents and membranes
  std::size_t mismatches = 0;
};

void compare(const LoihiChip& chip, const Recorded& recorded, std::size_t step, Counts& counts) {
  for (std::size_t l = 0; l < recorded.u.size(); ++l) {
    const IntegerNeurons& neurons = chip.neurons(l);
    const std::size_t n = neurons.size();
    std::vector<std::int32_t> fired(n);
    for (const std::uint32_t who : chip.fired(l)) fired[who] = 1;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t at = step * n + i;
      counts.mismatches += neurons.current()[i] != recorded.u[l][at] ? 1 : 0;
      counts.mismatches += neurons.membrane()[i] != recorded.v[l][at] ? 1 : 0;
      counts.mismatches += fired[i] != recorded.s[l][at] ? 1 : 0;
      counts.spikes += recorded.s[l][at] != 0 ? 1 : 0;
      counts.values += 2;
    }
  }
}

void replay(const Recorded& recorded, Counts& counts) {
  LoihiChip chip(recorded.network, recorded.resets);
  const std::size_t n_inputs = recorded.input.size() / recorded.n_steps;
  const bool neurons_alone = recorded.network.n_inputs() == 0;
  for (std::size_t step = 0; step < recorded.n_steps; ++step) {
    const auto row = std::span(recorded.input).subspan(step * n_inputs, n_inputs);
    std::vector<std::uint32_t> fired;
    std::vector<std::int32_t> payload;
    for (std::uint32_t i = 0; i < row.size(); ++i)
      if (row[i] != 0) {
        fired.push_back(i);
        payload.push_back(row[i]);
      }
    if (neurons_alone)
      chip.step({.fired = {}, .payload = {}, .dendrite = row});
    else
      chip.step({.fired = fired, .payload = payload, .dendrite = {}});
    compare(chip, recorded, step, counts);
  }
}

}  // namespace

TEST_CASE("Lava's Loihi networks: weights, currents, membranes and spikes, bit for bit") {
  std::size_t n_cases = 0;
  std::size_t n_weights = 0;
  Counts all;
  for (const auto& path : test::files_in(test::golden_folder() / "lava_loihi", ".h5")) {
    const auto file = io::hdf5::File::open(path);
    for (const auto& name : file.names()) {
      INFO(path.string() << ": " << name);
      const Recorded recorded = read_case(file.group(name));
      Counts counts;
      replay(recorded, counts);
      CHECK(counts.mismatches == 0);
      CHECK(counts.spikes > 0);
      all.spikes += counts.spikes;
      all.values += counts.values;
      n_weights += recorded.n_weights;
      ++n_cases;
    }
  }
  REQUIRE(n_cases > 0);
  std::cout << "golden Loihi cases: " << n_cases << "; compared " << n_weights << " weights, " << all.values
            << " currents and membranes, " << all.spikes << " spikes\n";
}
