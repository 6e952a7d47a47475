#include "backends/quantiser.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "export_networks.hpp"

using namespace loci;
using namespace loci::backends;

namespace {

// Two sources, three targets.
FloatLayer layer_of(std::vector<float> weights, double threshold = 1.0) {
  return {.n_sources = 2,
          .n_targets = 3,
          .weight = std::move(weights),
          .bias = {0.0, 0.0, 0.0},
          .lif = {.beta = 0.9, .threshold = threshold}};
}

LayerScaling scaled(double scale) {
  return {.scale = {scale, scale, scale}};
}

}  // namespace

TEST_CASE("weights are rounded half to even and clipped to the range") {
  const FloatLayer layer = layer_of({0.25F, 0.75F, 1.25F, -0.75F, 100.0F, -100.0F});
  const QuantisedLayer result = quantised(layer, small::eight_bits(), scaled(2.0));
  CHECK(result.layer.incoming.weight == std::vector<std::int16_t>{0, 2, 2, -2, 127, -128});
  CHECK(result.loss.edges == 6);
  CHECK(result.loss.clipped == 2);
  CHECK(result.loss.vanished == 1);
  // Errors in weights: 0.25, 0.25, 0.25, 0.25, 36.5, 36.
  const double squares = 4 * 0.0625 + 36.5 * 36.5 + 36.0 * 36.0;
  const double size = 0.0625 + 2 * 0.5625 + 1.5625 + 2e4;
  CHECK(result.loss.weight_error == Approx(std::sqrt(squares / size)));
}

TEST_CASE("thresholds are whole numbers for which whole membranes fire as real ones do") {
  // Above 2.0 * 1.6 = 3.2 lie 4, 5, ...; a threshold is rounded where a chip fires above it.
  const FloatLayer layer = layer_of({1, 1, 1, 1, 1, 1}, 1.6);
  const auto above = quantised(layer, small::eight_bits(), scaled(2.0));
  CHECK(above.layer.parameters.threshold == std::vector<std::int32_t>{3 << 6, 3 << 6, 3 << 6});
  CHECK(above.loss.threshold_error == Approx(0.2 / 3.2));
  const auto at = quantised(layer, small::subtracting(), scaled(2.0));
  CHECK(at.layer.parameters.threshold == std::vector<std::int32_t>{4, 4, 4});
  // A threshold of 3 exactly is passed by 4, not by 3.
  CHECK(quantised(layer_of({1, 1, 1, 1, 1, 1}, 1.5), small::subtracting(), scaled(2.0))
            .layer.parameters.threshold.front() == 4);
}

TEST_CASE("leaks are factors in the target's bits, or amounts where leaks are linear") {
  const FloatLayer layer = layer_of({1, 1, 1, 1, 1, 1});
  CHECK(quantised(layer, small::eight_bits(), scaled(10)).layer.parameters.leak.front() == 3686);  // 3686.4
  CHECK(quantised(layer, small::subtracting(), scaled(10)).layer.parameters.leak.front() == 29491);
  TargetDescription linear = small::eight_bits();
  linear.model.leak = Leak::linear;
  linear.model.input_shift = 0;
  linear.numbers.leak = {0, 127};
  LayerScaling scaling = scaled(60);
  scaling.leak_ratio = 0.5;  // of 0.1 * 60
  CHECK(quantised(layer, linear, scaling).layer.parameters.leak.front() == 3);
}

TEST_CASE("biases are rounded in the threshold's unit, and left out where a target has none") {
  FloatLayer layer = layer_of({1, 1, 1, 1, 1, 1});
  layer.bias = {0.5, -0.26, 0.0};
  const auto result = quantised(layer, small::eight_bits(), scaled(10));
  CHECK(result.layer.parameters.bias == std::vector<std::int32_t>{5 * 64, -3 * 64, 0});
  CHECK(result.loss.bias_error == Approx(0.04 / std::sqrt(0.25 + 0.0676)));
  const auto none = quantised(layer, small::subtracting(), scaled(10));
  CHECK(none.layer.parameters.bias.empty());
  CHECK(none.loss.bias_error == 1.0);
}

TEST_CASE("where large weights have to be even, all of the layer are") {
  TargetDescription target = small::eight_bits();
  target.numbers.weight = {-256, 254};
  target.numbers.even_beyond = true;
  LayerScaling scaling = scaled(64);
  const FloatLayer layer = layer_of({0.015625F, 0.046875F, 2.0F, -5.0F, 1.953125F, 0.078125F});
  scaling.even = true;
  CHECK(quantised(layer, target, scaling).layer.incoming.weight ==
        std::vector<std::int16_t>{0, 4, 128, -256, 124, 4});
  scaling.even = false;
  CHECK(quantised(layer, target, scaling).layer.incoming.weight ==
        std::vector<std::int16_t>{1, 3, 127, -128, 125, 5});
}

TEST_CASE("where a source has one sign, weights of the other are left out") {
  TargetDescription target = small::eight_bits();
  target.numbers.sign_by_source = true;
  const auto result = quantised(layer_of({1, -2, 3, 1, -2, -3}), target, scaled(10));
  CHECK(result.layer.incoming.weight == std::vector<std::int16_t>{10, 0, 30, 0, -20, -30});
  CHECK(result.loss.wrong_sign == 2);
}

TEST_CASE("the first guess gives the largest weight the whole range, for each threshold on its own") {
  const FloatLayer layer = layer_of({0.5F, -0.25F, 1.0F, -0.5F, 0.125F, 0.25F});
  // A scale of 127 makes the threshold a whole number.
  CHECK(first_guess(layer, small::eight_bits()).scale == std::vector<double>(3, 127.0));
  TargetDescription target = small::subtracting();
  target.numbers.weight_shift = std::nullopt;
  CHECK(first_guess(layer, target).scale == std::vector<double>{127.0 / 0.5, 128.0 / 0.25, 127.0});
  target.numbers.threshold_of = Granularity::pair;
  CHECK(first_guess(layer, target).scale == std::vector<double>{254.0, 254.0, 127.0});
}

TEST_CASE("the first guess keeps thresholds within the target's range and membranes above them") {
  const FloatLayer layer = layer_of({0.01F, 0.01F, 0.01F, 0.01F, 0.01F, 0.01F});
  TargetDescription target = small::eight_bits();
  target.numbers.threshold.highest = 4095;
  CHECK(first_guess(layer, target).scale.front() == 4095.0);
  // 127 / 0.01 = 12700 fits a membrane of 2^23 eight times over with five more bits, not with seven.
  const LayerScaling shifted = first_guess(layer, small::subtracting());
  CHECK(shifted.shift == 6);
  CHECK(shifted.scale.front() == Approx(12700.0 * 64));
}

TEST_CASE("pixels drive with their bytes, and thresholds count as many units") {
  const FloatLayer layer = layer_of({0.5F, -0.25F, 1.0F, -0.5F, 0.125F, 0.25F});
  const LayerScaling scaling = first_guess(layer, small::eight_bits(), Drive::pixels);
  CHECK(scaling.scale.front() == 127.0 * 255.0);
  const QuantisedLayer result = quantised(layer, small::eight_bits(), scaling);
  CHECK(result.layer.incoming.weight == std::vector<std::int16_t>{64, -32, 127, -64, 16, 32});
  const std::vector<std::uint8_t> image{255, 51};
  const auto sums = pixel_sums(result.layer.incoming, image);
  CHECK(sums == std::vector<std::int32_t>{255 * 64 - 51 * 64, -255 * 32 + 51 * 16, 255 * 127 + 51 * 32});
  // A current of 0.5 - 0.2 * 0.5 beside a threshold of 1.
  CHECK(sums[0] / (result.layer.parameters.threshold[0] / 64.0) == Approx(0.4).epsilon(0.01));
}

TEST_CASE("numbers that are not finite are no weights") {
  const FloatLayer layer = layer_of({std::numeric_limits<float>::quiet_NaN(), 1, 1, 1, 1, 1});
  CHECK_THROWS_AS(quantised(layer, small::eight_bits(), scaled(1)), std::invalid_argument);
}

TEST_CASE("a layer that was trained in whole numbers is exported in these, where the target has them") {
  FloatLayer layer = layer_of({0.3F, -1.2F, 12.7F, -12.8F, 0.1F, -0.7F});
  layer.bias = {0.5, -0.2, 0.0};
  CHECK_FALSE(trained_scaling(layer, small::eight_bits()));
  layer.trained_scale = 10.0;
  const auto scaling = trained_scaling(layer, small::eight_bits());
  REQUIRE(scaling);
  CHECK(scaling->scale == std::vector<double>(3, 10.0));
  const QuantisedLayer result = quantised(layer, small::eight_bits(), *scaling);
  CHECK(result.layer.incoming.weight == std::vector<std::int16_t>{3, -12, 127, -128, 1, -7});
  CHECK(result.layer.parameters.bias == std::vector<std::int32_t>{5 * 64, -2 * 64, 0});
  CHECK(result.layer.parameters.threshold.front() == 10 * 64);
  CHECK(result.loss.weight_error == 0.0);
  CHECK(result.loss.bias_error == 0.0);
  CHECK(trained_scaling(layer, small::eight_bits(), Drive::pixels)->scale.front() == 2550.0);

  TargetDescription narrow = small::eight_bits();
  narrow.numbers.weight.highest = 126;
  CHECK_FALSE(trained_scaling(layer, narrow));
  TargetDescription low = small::eight_bits();
  low.numbers.threshold.highest = 9;
  CHECK_FALSE(trained_scaling(layer, low));
  CHECK_FALSE(trained_scaling(layer, small::subtracting()));  // it has no biases
  layer.bias = {0.0, 0.0, 0.0};
  // 10 * 2^7 fits a membrane of 2^23 eight times over.
  const auto shifted = trained_scaling(layer, small::subtracting());
  REQUIRE(shifted);
  CHECK(shifted->shift == 7);
  CHECK(shifted->scale.front() == 1280.0);
  CHECK(quantised(layer, small::subtracting(), *shifted).layer.incoming.weight ==
        result.layer.incoming.weight);
}
