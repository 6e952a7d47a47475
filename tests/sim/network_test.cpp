#include "sim/network.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "sim/error.hpp"

using namespace loci;
using sim::LayerDistance;
using sim::NetworkDescription;
using sim::ParameterLayout;
using sim::PrunedBy;
using sim::Wiring;

namespace {

std::size_t spatial_count(std::size_t dims, std::size_t hidden, LayerDistance distance) {
  return ParameterLayout({.sizes = {784, hidden, 10}, .dims = dims, .layer_distance = distance}).size();
}

std::size_t dense_count(std::size_t hidden) {
  return ParameterLayout({.sizes = {784, hidden, 10}, .wiring = Wiring::dense}).size();
}

}  // namespace

TEST_CASE("the seed paper's spatial networks have the parameter counts it states") {
  CHECK(spatial_count(3, 2048, LayerDistance::fixed) == 10'574);
  CHECK(spatial_count(3, 2048, LayerDistance::learned) == 10'576);
  CHECK(spatial_count(3, 2048, LayerDistance::relaxed) == 13'416);
}

TEST_CASE("parameters grow with dimensions by the paper's equation 4") {
  // (d - 1) (784 + 2048 + 10) coordinates + (2048 + 10) biases + (784 + 2048) inhibitions.
  for (const std::size_t dims : {3U, 5U, 8U, 16U, 32U}) {
    CHECK(spatial_count(dims, 2048, LayerDistance::fixed) == (dims - 1) * 2842 + 2058 + 2832);
    CHECK(spatial_count(dims, 2048, LayerDistance::learned) == (dims - 1) * 2842 + 2058 + 2832 + 2);
  }
  CHECK(spatial_count(5, 2048, LayerDistance::fixed) == 16'258);
  CHECK(spatial_count(8, 2048, LayerDistance::fixed) == 24'784);
  CHECK(spatial_count(16, 2048, LayerDistance::fixed) == 47'520);
  CHECK(spatial_count(32, 2048, LayerDistance::fixed) == 92'992);
}

TEST_CASE("the same budget spent on dimensions gives 10,386 parameters in 8-D with 448 hidden neurons") {
  CHECK(spatial_count(8, 448, LayerDistance::learned) == 10'386);
}

TEST_CASE("dense networks count weights and biases") {
  CHECK(dense_count(14) == 11'140);
  CHECK(dense_count(17) == 13'525);
  CHECK(dense_count(20) == 15'910);
  CHECK(dense_count(32) == 25'450);
  CHECK(dense_count(60) == 47'710);
  CHECK(dense_count(117) == 93'025);
  CHECK(dense_count(2048) == 1'628'170);
}

TEST_CASE("the groups of a layout tile the flat vector without gaps") {
  const ParameterLayout layout(NetworkDescription{.sizes = {9, 12, 11, 4}, .dims = 3});
  std::size_t offset = 0;
  for (const auto& group : layout.groups()) {
    CHECK(group.offset == offset);
    offset += group.size();
  }
  CHECK(offset == layout.size());
  CHECK(layout.count("gap") == 3);
  CHECK(layout.at("position", 2).columns == 2);
  CHECK(layout.at("bias3").rows == 4);
}

TEST_CASE("cutoffs that are no distance and shares that are no share are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double cutoff : {0.0, -1.0, nan}) {
    CHECK_THROWS_WITH(validate(NetworkDescription{.cutoff = cutoff}), Catch::Contains("network.cutoff"));
    CHECK_THROWS_WITH(validate(NetworkDescription{.wiring = Wiring::dense, .cutoff = cutoff}),
                      Catch::Contains("network.cutoff"));
  }
  for (const double pruned : {-0.1, 1.0, nan})
    CHECK_THROWS_WITH(validate(NetworkDescription{.pruned = pruned}), Catch::Contains("network.pruned"));
  CHECK_THROWS_WITH(validate(NetworkDescription{.wiring = Wiring::dense, .cutoff = 2.0}),
                    Catch::Contains("network.cutoff") && Catch::Contains("no distances"));
  CHECK_NOTHROW(validate(NetworkDescription{.cutoff = 1e-3, .pruned = 0.999}));
  CHECK_NOTHROW(validate(NetworkDescription{.pruned_shares = {0.0, 0.9}, .pruned_by = PrunedBy::length}));
  for (const std::vector<double>& shares : {std::vector{0.5}, {0.5, 1.0}, {nan, 0.5}})
    CHECK_THROWS_WITH(validate(NetworkDescription{.pruned_shares = shares}),
                      Catch::Contains("network.pruned_shares"));
  CHECK_THROWS_WITH(validate(NetworkDescription{.pruned = 0.5, .pruned_shares = {0.5, 0.5}}),
                    Catch::Contains("leave out one"));
  CHECK_THROWS_WITH(validate(NetworkDescription{.wiring = Wiring::dense, .pruned_by = PrunedBy::length}),
                    Catch::Contains("no length"));
  CHECK_NOTHROW(validate(NetworkDescription{.wiring = Wiring::dense, .pruned = 0.9}));
}

TEST_CASE("the pruned share of the edges is rounded down and leaves at least one") {
  const NetworkDescription most{.pruned = 0.999};
  CHECK(most.n_pruned(0, 0) == 0);
  CHECK(most.n_pruned(0, 1) == 0);
  CHECK(most.n_pruned(0, 1000) == 999);
  CHECK(most.n_pruned(0, 999) == 998);
  CHECK(NetworkDescription{.pruned = 0.5}.n_pruned(0, 7) == 3);
  CHECK(NetworkDescription{}.n_pruned(0, 7) == 0);
  CHECK(NetworkDescription{.pruned_shares = {0.2, 0.5}}.n_pruned(1, 7) == 3);
  CHECK(NetworkDescription{.pruned = 1.0 - 0x1p-53}.n_pruned(0, 3) == 2);  // the product rounds to 3
}

TEST_CASE("a description that makes no network is refused by field") {
  CHECK_THROWS_AS(validate(NetworkDescription{.sizes = {784}}), InputError);
  CHECK_THROWS_AS(validate(NetworkDescription{.sizes = {784, 0, 10}}), InputError);
  CHECK_THROWS_AS(validate(NetworkDescription{.dims = 1}), InputError);
  CHECK_THROWS_AS(validate(NetworkDescription{.weight_scale = {1.0}}), InputError);
  CHECK_THROWS_AS(validate(NetworkDescription{.lif = {{.beta = 1.5}}}), InputError);
  CHECK_THROWS_WITH(validate(NetworkDescription{.lif = {{.threshold = 0.0}}}),
                    Catch::Contains("network.threshold") && Catch::Contains("positive"));
}
