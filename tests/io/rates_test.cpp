#include "io/rates.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "sim/error.hpp"

using namespace loci;
using Catch::Contains;
using Times = std::vector<double>;
using Rows = std::vector<std::vector<double>>;

TEST_CASE("rates are spikes per neuron and second in each bin") {
  io::PopulationRates rates({{"e", 10}, {"i", 2}}, 5);
  rates.add(0, Times{0, 4.9, 5});
  rates.add(1, Times{12});
  rates.add(0, Times{1});
  const auto table = rates.table(12.5);
  CHECK(table.columns == std::vector<std::string>{"begin_ms", "e_hz", "i_hz"});
  // 3 spikes / (10 neurons * 0.005 s) = 60 Hz, 1 / 0.05 = 20 Hz; the last bin is 2.5 ms: 1 / (2 * 0.0025) =
  // 200.
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[0] == std::vector<double>{0, 60, 0});
  CHECK(table.rows[1] == std::vector<double>{5, 20, 0});
  CHECK(table.rows[2][2] == Approx(200));
}

TEST_CASE("times on the grid fall into the bin that begins there, and the end belongs to the last bin") {
  io::PopulationRates rates({{"e", 1}}, 0.1);
  rates.add(0, Times{3 * 0.1, 0.3, 1.0});  // 0.30000000000000004 and the number below it
  const auto table = rates.table(1.0);
  REQUIRE(table.rows.size() == 10);
  CHECK(table.rows[3][1] == Approx(2 / 0.0001));
  CHECK(table.rows[9][1] == Approx(1 / 0.0001));
  CHECK(table.rows[2][1] == 0);
  CHECK(table.rows[4][1] == 0);
}

TEST_CASE("rates of a raster are those of its populations") {
  io::RasterFile raster;
  raster.duration_ms = 20;
  raster.populations = {{.name = "e", .n_neurons = 4, .ids = {0, 1}, .times_ms = {3, 13}}};
  CHECK(io::population_rates(raster, 10).rows == Rows{{0, 25}, {10, 25}});
}

TEST_CASE("rates that cannot be are refused") {
  CHECK_THROWS_WITH(io::PopulationRates({{"e", 1}}, 0), Contains("a bin of 0 ms"));
  CHECK_THROWS_WITH(io::PopulationRates({{"e", 1}}, NAN), Contains("a bin of nan ms"));
  CHECK_THROWS_WITH(io::PopulationRates({{"e", 0}}, 1), Contains("'e' has no neuron"));
  io::PopulationRates rates({{"e", 1}}, 1);
  CHECK_THROWS_WITH(rates.add(0, Times{-1}), Contains("a spike at -1 ms"));
  CHECK_THROWS_WITH(rates.add(0, Times{INFINITY}), Contains("a spike at inf ms"));
  CHECK_THROWS_WITH(rates.add(0, Times{1e12}), Contains("longer bins"));
  CHECK_THROWS_AS(rates.add(1, Times{}), std::logic_error);
  rates.add(0, Times{7});
  CHECK_THROWS_WITH(rates.table(6), Contains("duration of 6 ms") && Contains("last spike is at 7 ms"));
  CHECK_THROWS_AS(io::PopulationRates({{"e", 1}}, 1).table(0), InputError);
}
