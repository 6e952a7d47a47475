#include "backends/export_placement.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "sim/error.hpp"
#include "sim/random.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

namespace {

using Cores = std::vector<std::uint32_t>;

// Two inputs, four hidden neurons on a line at 0, 10, 1, 11, and two outputs at 0.5 and 10.5. Inputs and
// outputs have edges with the two hidden neurons near them.
CoreNetwork two_columns() {
  return {.layer_begin = {0, 2, 6, 8},
          .dims = 1,
          .positions = {0.5F, 10.5F, 0.0F, 10.0F, 1.0F, 11.0F, 0.5F, 10.5F},
          .first_edge = {0, 2, 4, 5, 6, 7, 8, 8, 8},
          .target = {2, 4, 3, 5, 6, 7, 6, 7},
          .spikes = {100, 200, 1, 2, 3, 4, 50, 60}};
}

CoreNetwork culled() {
  sim::NetworkDescription description;
  description.sizes = {200, 300, 300, 60};
  description.cutoff = 1.3;
  const sim::Parameters parameters = sim::initialise(description, {.seed = 5});
  std::vector<std::uint64_t> spikes;
  for (std::uint64_t i = 0; i < 860; ++i)
    spikes.push_back(sim::random_words(3, sim::Stream::test, i, 0)[0] % 20);
  return core_network(description, parameters, spikes);
}

}  // namespace

TEST_CASE("an export takes the placement of fewest messages and measures all of them on other samples") {
  CoreNetwork network = two_columns();
  ExportPlacement placement = place_for_export(network, {.neurons = 3}, PlacementBy::best);
  REQUIRE(placement.tried.size() == 3);
  CHECK(placement.choice().by == PlacementBy::positions);
  // Each column on a core: one message for each spike of an input, none between cores.
  CHECK(placement.choice().traffic == CoreTraffic{0, 300});
  CHECK(placement.fullest.neurons == 3);
  // By number: hidden 0, 10, 1 and hidden 11 with the outputs. From the three hidden ones on core 0 1 + 2 + 3
  // spikes go to core 1; the right input reaches both cores.
  CHECK(placement.tried[1].by == PlacementBy::layers);
  CHECK(placement.tried[1].placement.core == Cores{0, 0, 0, 1, 1, 1});
  CHECK(placement.tried[1].traffic == CoreTraffic{1 + 2 + 3, 100 + 2 * 200});

  network.spikes = {10, 10, 7, 7, 7, 7, 0, 0};
  measure(placement, network, 2);
  CHECK(placement.choice().traffic == CoreTraffic{0, 20});
  CHECK(placement.tried[1].traffic == CoreTraffic{3 * 7, 30});
  const auto json = placement_json(placement);
  CHECK(json["by"] == "positions");
  CHECK(json["cores"] == 2);
  CHECK(json["tried"][1]["core_to_core_per_sample"] == 10.5);
  CHECK(json["tried"][1]["input_to_core_per_sample"] == 15.0);
  CHECK_THAT(placement_text(placement), Contains("2, placed by curve, refined") &&
                                            Contains("3 of 3 neurons") && Contains("10.5") &&
                                            Contains("15.0"));
}

TEST_CASE("the file of a placement has a line for each neuron, by layer and index") {
  const CoreNetwork network = two_columns();
  const auto placement = place_for_export(network, {.neurons = 2}, PlacementBy::layers);
  CHECK(placement.choice().by == PlacementBy::layers);
  const ExportedFile file = placement_file(placement, network);
  CHECK(file.name == "placement.csv");
  CHECK(std::get<std::string>(file.content) ==
        "layer,index,core\n1,0,0\n1,1,0\n1,2,1\n1,3,1\n2,0,2\n2,1,2\n");
}

TEST_CASE("a placement that was asked for is taken, and the same one for the same seed") {
  const CoreNetwork network = culled();
  const CoreCapacity core{.neurons = 64};
  const auto best = place_for_export(network, core, PlacementBy::best);
  CHECK(best.choice().by == PlacementBy::positions);
  // By positions well below half of random: as core_placement_test.cpp has it for this network.
  CHECK(2 * best.tried[0].traffic.messages() < best.tried[2].traffic.messages());
  for (const auto by : {PlacementBy::positions, PlacementBy::layers, PlacementBy::random}) {
    const auto placement = place_for_export(network, core, by);
    CHECK(placement.choice().by == by);
    CHECK(placement.choice().placement == place_for_export(network, core, by).choice().placement);
    CHECK(placement.choice().traffic == traffic_of(network, placement.choice().placement));
  }
}

TEST_CASE("what an export cannot place is refused") {
  CoreNetwork network = two_columns();
  CHECK_THROWS_WITH(place_for_export(network, {.neurons = 2, .cores = 2}, PlacementBy::best),
                    Contains("3 cores are needed, and there are 2"));
  network.dims = 0;
  network.positions.clear();
  CHECK_THROWS_WITH(place_for_export(network, {.neurons = 2}, PlacementBy::positions),
                    Contains("have no positions"));
  CHECK(place_for_export(network, {.neurons = 2}, PlacementBy::best).tried.size() == 2);
  // On one core nothing crosses, whatever the placement: then by layers.
  CHECK(place_for_export(two_columns(), {.neurons = 6}, PlacementBy::best).choice().by ==
        PlacementBy::layers);
  CHECK(parse_placement("random", "--placement") == PlacementBy::random);
  CHECK_THROWS_WITH(parse_placement("luck", "--placement"), Contains("positions, layers, random"));
}

TEST_CASE("the cores that are needed at least follow from neurons and from the bits of synapses") {
  const CoreCapacity loihi = loihi_core();
  CHECK(loihi.cores == 128);
  CHECK(least_cores(loihi, 1024, 0) == 1);
  CHECK(least_cores(loihi, 1025, 0) == 2);
  // 35 synapses of 18 bits and 10 more fill 10 words: no block has less for each.
  CHECK(least_cores(loihi, 1, 57'344) == 1);  // 2^20 / 640 * 35
  CHECK(least_cores(loihi, 1, 57'345) == 2);
  CHECK(least_cores({.neurons = 0}, 5000, 5000) == 1);
  CHECK(with_delays(loihi, 0).memory->synapse_bits == 18);
  CHECK(with_delays(loihi, 7).memory->synapse_bits == 21);
  CHECK(with_delays(loihi, 8).memory->synapse_bits == 22);
}
