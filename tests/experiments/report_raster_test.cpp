// Recordings as a report shows them: nothing is lost from the rates, and what is left out is said.
#include <catch2/catch.hpp>
#include <fstream>
#include <numeric>

#include "experiments/report/raster_view.hpp"
#include "sim/error.hpp"
#include "tests/io/temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
using Neurons = std::vector<std::uint32_t>;

namespace {

io::RasterFile two_groups() {
  io::RasterFile raster;
  raster.duration_ms = 4.0;
  raster.populations = {{.name = "a", .n_neurons = 2, .ids = {0, 1, 0}, .times_ms = {0.5, 1.0, 3.5}},
                        {.name = "b", .n_neurons = 3, .ids = {2}, .times_ms = {0.7}}};
  raster.samples = {{.index = 5, .begin_ms = 0, .end_ms = 4, .label = 1, .predicted = 2}};
  return raster;
}

}  // namespace

TEST_CASE("a small raster is kept whole, in the order of time, numbered through its groups") {
  std::vector<std::string> notes;
  const auto view = experiments::raster_view(two_groups(), "two", {.n_bins = 4}, notes);
  CHECK(notes.empty());
  CHECK(view.time_ms == std::vector<float>{0.5F, 0.7F, 1.0F, 3.5F});
  CHECK(view.neuron == Neurons{0, 4, 1, 0});
  CHECK(view.n_spikes == 4);
  // 4 ms: a spike is 250 spikes a second.
  CHECK(view.rate_hz == std::vector<float>{500, 250, 0, 0, 250});
  CHECK(view.bin_ms == 1.0);
  CHECK(view.rates_hz[0] == std::vector<float>{500, 500, 0, 500});  // of two neurons in 1 ms
  REQUIRE(view.rates_hz[1].size() == 4);
  CHECK(view.rates_hz[1][0] == Approx(1000.0 / 3));
  REQUIRE(view.samples.size() == 1);
  CHECK(view.samples[0].label == 1);
  CHECK(view.samples[0].predicted == 2);
}

TEST_CASE("of too many spikes about so many are kept, the same each time, and rates count all") {
  io::RasterFile raster;
  raster.duration_ms = 1000.0;
  raster.populations = {{.name = "all", .n_neurons = 100}};
  for (std::size_t i = 0; i < 20000; ++i) {
    raster.populations[0].ids.push_back(i % 100);
    raster.populations[0].times_ms.push_back(static_cast<double>(i) * 0.05);
  }
  std::vector<std::string> notes;
  const auto view = experiments::raster_view(raster, "many", {.most_spikes = 5000}, notes);
  // Binomial: 5000 expected, standard deviation sqrt(20000 0.25 0.75) = 61.
  CHECK(std::abs(static_cast<double>(view.neuron.size()) - 5000.0) < 5 * 61.3);
  CHECK(std::ranges::is_sorted(view.time_ms));
  CHECK(view.n_spikes == 20000);
  CHECK(view.rate_hz[7] == Approx(200.0));
  REQUIRE(notes.size() == 1);
  CHECK_THAT(notes[0], Contains("of 20000 spikes"));
  const auto again = experiments::raster_view(raster, "many", {.most_spikes = 5000}, notes);
  CHECK(again.neuron == view.neuron);
  CHECK(again.time_ms == view.time_ms);
}

TEST_CASE("an empty recording is said to be empty") {
  io::RasterFile raster;
  raster.populations = {{.name = "a", .n_neurons = 2}};
  std::vector<std::string> notes;
  CHECK(experiments::raster_view(raster, "nothing", {}, notes).n_spikes == 0);
  REQUIRE(notes.size() == 1);
  CHECK_THAT(notes[0], Contains("empty"));
}

TEST_CASE("spikes in a table are read in any order, and times that are none are refused") {
  const TemporaryFolder folder;
  std::ofstream(folder / "spikes.csv") << "time_ms,neuron\n3.5,1\n0.5,4\n";
  const auto raster = experiments::raster_of(io::read_number_table(folder / "spikes.csv"));
  REQUIRE(raster.populations.size() == 1);
  CHECK(raster.populations[0].n_neurons == 5);
  CHECK(raster.populations[0].ids == std::vector<std::uint64_t>{4, 1});
  CHECK(raster.duration_ms == 3.5);
  std::ofstream(folder / "bad.csv") << "time_ms,neuron\n3.5,1\n-0.5,4\n";
  CHECK_THROWS_WITH(experiments::raster_of(io::read_number_table(folder / "bad.csv")), Contains("line 3"));
}
