#include "sim/quantisation.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <set>

#include "sim/error.hpp"
#include "sim/parameters.hpp"
#include "sim/quantisation_fit.hpp"
#include "sim/spatial_graph.hpp"

using namespace loci;
using Catch::Contains;
using sim::LayerDistance;
using sim::NetworkDescription;

namespace {

constexpr sim::Initialisation seeded{.spread = 0.8, .gap = 0.4, .seed = 5};

NetworkDescription rounded_network() {
  return {.sizes = {9, 7, 4},
          .dims = 4,
          .mask_steepness = 2,
          .weight_scale = {0.6, 0.9},
          .quantisation = {.weight_bits = 4,
                           .weight_scale = {6.0, 3.7},
                           .position_bits = 6,
                           .position_step = 0.125,
                           .mask_bits = 3}};
}

bool is_whole(double value) {
  return std::floor(value) == value;
}

}  // namespace

TEST_CASE("nearest_even rounds to the nearest whole number and halves to the even one") {
  for (const auto& [value, whole] : {std::pair{0.5, 0.0},
                                     {1.5, 2.0},
                                     {2.5, 2.0},
                                     {-0.5, 0.0},
                                     {-1.5, -2.0},
                                     {-2.5, -2.0},
                                     {0.49999999999999994, 0.0},
                                     {2.5000000001, 3.0},
                                     {-7.2, -7.0},
                                     {1e300, 0x1p31},
                                     {-1e300, -0x1p31}})
    CHECK(sim::nearest_even(value) == whole);
  for (double value = -40.0; value < 40.0; value += 0.03125)
    CHECK(sim::nearest_even(value) == std::nearbyint(value));
  CHECK(std::isnan(sim::nearest_even(std::numeric_limits<double>::quiet_NaN())));
}

TEST_CASE("weights become whole numbers within their bits, biases without a limit") {
  const sim::Quantisation quantisation{.weight_bits = 4, .weight_scale = {10.0}};
  CHECK(sim::rounded_weight(quantisation, 0, 0.34) == 0.3);
  CHECK(sim::rounded_weight(quantisation, 0, 0.25) == 0.2);  // 2.5 to the even 2
  CHECK(sim::rounded_weight(quantisation, 0, 0.71) == 0.7);
  CHECK(sim::rounded_weight(quantisation, 0, 55.0) == 0.7);
  CHECK(sim::rounded_weight(quantisation, 0, -0.64) == -0.6);
  CHECK(sim::rounded_weight(quantisation, 0, -55.0) == -0.7);
  CHECK(sim::is_clipped(quantisation, 0, 0.76));
  CHECK_FALSE(sim::is_clipped(quantisation, 0, 0.74));
  CHECK(sim::is_clipped(quantisation, 0, -0.76));
  CHECK_FALSE(sim::is_clipped(quantisation, 0, -0.74));
  CHECK(sim::rounded_bias(quantisation, 0, -55.04) == -55.0);
}

TEST_CASE("masks stay below 1, and gaps are at least one step") {
  const sim::Quantisation quantisation{.position_bits = 4, .position_step = 0.25, .mask_bits = 3};
  CHECK(sim::rounded_mask(quantisation, 1.0) == 0.75);
  CHECK(sim::rounded_mask(quantisation, -1.0) == -0.75);
  CHECK(sim::rounded_mask(quantisation, 0.3) == 0.25);
  CHECK(sim::rounded_mask(quantisation, 0.125) == 0.0);  // half a step to the even 0
  CHECK(sim::rounded_position(quantisation, 0.4) == 0.5);
  CHECK(sim::rounded_position(quantisation, 9.0) == 1.75);
  CHECK(sim::rounded_position(quantisation, -9.0) == -1.75);
  CHECK(sim::rounded_gap(quantisation, 0.01) == 0.25);
  CHECK(sim::rounded_gap(quantisation, -0.01) == -0.25);
  CHECK(sim::rounded_gap(quantisation, -9.1) == -9.0);
}

TEST_CASE("a network that rounds has weights of whole numbers, the same in float and in double") {
  for (const bool balanced : {false, true}) {
    auto network = rounded_network();
    network.balanced = balanced;
    auto parameters = sim::initialise(network, seeded);
    for (float& bias : parameters.group("bias", 1)) bias = 0.3F + bias;
    parameters.group("bias", 1)[2] = 0.7F;
    const auto exact = sim::in_double(network, parameters);
    for (std::size_t l = 0; l < 2; ++l) {
      const double scale = network.quantisation.weight_scale[l];
      const auto weights = sim::connection_weights(network, exact, l);
      const auto single = sim::connection_weights(network, parameters, l);
      // What they are without the last rounding.
      auto unrounded = network;
      unrounded.quantisation.weight_bits = 0;
      const auto raw = sim::connection_weights(unrounded, exact, l);
      std::set<double> whole_numbers;
      for (std::size_t at = 0; at < weights.size(); ++at) {
        const double whole = std::clamp(std::nearbyint(raw[at] * scale), -8.0, 7.0);
        CHECK(weights[at] == whole / scale);
        CHECK(single[at] == static_cast<float>(whole / scale));
        whole_numbers.insert(whole);
      }
      CHECK(whole_numbers.size() > 4);
      const auto biases = sim::connection_biases(network, exact, l);
      const auto raw_biases = sim::connection_biases(unrounded, exact, l);
      for (std::size_t j = 0; j < biases.size(); ++j)
        CHECK(biases[j] == std::nearbyint(raw_biases[j] * scale) / scale);
      if (l == 0) CHECK(biases[2] != biases[1]);
    }
  }
}

TEST_CASE("weights of rounded positions and masks are those of the plain network at the rounded places") {
  for (const auto distance : {LayerDistance::fixed, LayerDistance::learned, LayerDistance::relaxed}) {
    auto network = rounded_network();
    network.layer_distance = distance;
    network.quantisation.weight_bits = network.quantisation.mask_bits = 0;
    const auto parameters = sim::initialise(network, seeded);
    const auto places = sim::on_grid(network, parameters);
    CHECK(places.values != parameters.values);
    CHECK(sim::on_grid(network, places).values == places.values);
    for (const auto& group : places.layout.groups())
      for (std::size_t at = 0; at < group.size(); ++at) {
        const double value = std::as_const(places).view(group)[at];
        if (group.kind == "position" || group.kind == "gap")
          CHECK((is_whole(value / 0.125) && std::abs(value) <= 4.0));
        else
          CHECK(value == std::as_const(parameters).view(group)[at]);
      }
    auto plain = network;
    plain.quantisation = {};
    for (std::size_t l = 0; l < 2; ++l)
      CHECK(sim::connection_weights(network, parameters, l) == sim::connection_weights(plain, places, l));
  }
}

TEST_CASE("one row of weights is that of all weights, bit for bit") {
  for (const bool balanced : {false, true})
    for (const double cutoff : {std::numeric_limits<double>::infinity(), 1.6})
      for (const std::size_t weight_bits : {0U, 4U}) {
        auto network = rounded_network();
        network.balanced = balanced;
        network.cutoff = cutoff;
        network.quantisation.weight_bits = weight_bits;
        const auto parameters = sim::in_double(network, sim::initialise(network, seeded));
        for (std::size_t l = 0; l < 2; ++l) {
          const auto weights = sim::connection_weights(network, parameters, l);
          if (std::isfinite(cutoff)) REQUIRE(std::count(weights.begin(), weights.end(), 0.0) > 0);
          const sim::SpatialPairs<double> pairs(network, parameters, l);
          std::vector<double> row(network.sizes[l + 1]);
          for (std::size_t i = 0; i < network.sizes[l]; ++i) {
            sim::weight_row(network, pairs, l, i, row);
            CHECK(std::equal(row.begin(), row.end(),
                             weights.begin() + static_cast<std::ptrdiff_t>(i * row.size())));
          }
        }
      }
}

TEST_CASE("a graph has the rounded weights, and its neurons stand on the grid") {
  auto network = rounded_network();
  network.cutoff = 1.9;
  const auto parameters = sim::initialise(network, seeded);
  const auto graph = sim::build_spatial_graph(network, parameters, {.cutoff = 1.7});
  const auto weights = sim::connection_weights(network, sim::in_double(network, parameters), 0);
  std::size_t n_edges = 0;
  for (sim::Vertex i = 0; i < 9; ++i) {
    for (const float x : graph.position(i).first(3)) CHECK(is_whole(x / 0.125));
    for (std::size_t e = 0; e < graph.targets_of(i).size(); ++e, ++n_edges)
      CHECK(graph.edges_of(i)[e].weight == static_cast<float>(weights[i * 7 + graph.targets_of(i)[e] - 9]));
  }
  CHECK(n_edges > 10);
}

TEST_CASE("rounding that makes no sense is refused by field") {
  const auto refused = [](const auto& change, const char* field) {
    auto network = rounded_network();
    change(network);
    CHECK_THROWS_WITH(sim::validate(network), Contains(field));
  };
  refused([](auto& n) { n.quantisation.weight_bits = 1; }, "quantization.weights");
  refused([](auto& n) { n.quantisation.mask_bits = 25; }, "quantization.masks");
  refused([](auto& n) { n.quantisation.weight_scale = {1.0}; }, "quantization.scale");
  refused([](auto& n) { n.quantisation.weight_scale[1] = 0.0; }, "quantization.scale");
  refused([](auto& n) { n.quantisation.position_step = 0.3; }, "quantization.step");
  refused([](auto& n) { n.quantisation.position_step = 0.0; }, "quantization.step");
  refused(
      [](auto& n) {
        n.wiring = sim::Wiring::dense;
        n.weight_scale.clear();
      },
      "quantization.positions");
  CHECK_NOTHROW(sim::validate(rounded_network()));
}

TEST_CASE("the fitted scale leaves the least error of its neighbours and keeps the threshold whole") {
  NetworkDescription network{.sizes = {30, 40, 3}, .wiring = sim::Wiring::dense};
  network.lif = {{.threshold = 0.5}};
  const auto parameters = sim::initialise(network, seeded);
  const auto scales = sim::fitted_scales(network, parameters, 4);
  REQUIRE(scales.size() == 2);
  // Weights uniform within 1 / sqrt(30): 7.5 steps of 1 / S reach there, so S is near 7.5 sqrt(30) = 41.
  CHECK(scales[0] == Approx(41).epsilon(0.1));
  CHECK(is_whole(scales[0] * 0.5));
}

TEST_CASE("a power of two that fits nearly as well is the scale") {
  NetworkDescription network{.sizes = {30, 40, 3}, .wiring = sim::Wiring::dense};
  network.lif = {{.threshold = 1.0}};
  auto parameters = sim::initialise(network, seeded);
  // Within 0.12 now: 7.5 steps of 1 / S reach there at S = 62.5, 64 clips the last of 8 steps.
  for (float& weight : parameters.group("weight", 0)) weight *= 0.12F * std::sqrt(30.0F);
  CHECK(sim::fitted_scales(network, parameters, 4)[0] == 64.0);
}

TEST_CASE("the fitted step is the smallest power of two that reaches every coordinate") {
  const NetworkDescription network{.sizes = {2, 1}, .dims = 3};
  sim::Parameters parameters(network);
  parameters.group("position", 0)[1] = -15.9F;
  CHECK(sim::fitted_step(parameters, 8) == 0.25);  // 127 x 0.125 = 15.875
  parameters.group("position", 0)[1] = 15.8F;
  CHECK(sim::fitted_step(parameters, 8) == 0.125);
}
