// Recorded spikes beside NIR graphs.
#include "backends/nir_data.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "io/data_tree_file.hpp"
#include "nir_support.hpp"
#include "sim/error.hpp"
#include "tests/io/temporary_folder.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Contains;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Two samples of 4 steps of 0.5.
NirRecording recording() {
  return {.nodes = {{.node = "input", .n_neurons = 2, .samples = {{}, {{1}, {2.0}}}},
                    {.node = "lif1",
                     .n_neurons = 3,
                     .samples = {{{0, 2, 0}, {0.5, 0.5, 1.5}}, {{1, 1}, {1.0, 1.5}}}}},
          .duration = 2.0};
}

sim::DataGroup& spikes_in(sim::DataGroup& root, const std::string& node) {
  return root.groups.at("nodes").groups.at(node).groups.at("observables").groups.at("spikes");
}

}  // namespace

TEST_CASE("spikes come back from events and from a grid, through a file") {
  const TemporaryFolder folder;
  for (const NirDataForm form : {NirDataForm::events, NirDataForm::grid}) {
    io::write_data_tree(folder / "spikes.h5", tree_of(recording(), form, 0.5));
    const auto file = io::read_data_tree(folder / "spikes.h5");
    CHECK(file.notes.empty());
    CHECK(nir_data_from_tree(file.root, "spikes.h5") == recording());
  }
}

TEST_CASE("events are padded with neuron -1 and endless times") {
  sim::DataGroup root = tree_of(recording(), NirDataForm::events, 0.5);
  CHECK(root.attributes.at("__type__") == test::word("NIRGraphData"));
  CHECK(root.groups.at("nodes").groups.at("lif1").attributes.at("__type__") == test::word("NIRNodeData"));
  const sim::DataGroup& spikes = spikes_in(root, "lif1");
  CHECK(spikes.attributes.at("__type__") == test::word("EventData"));
  CHECK(numbers_of(spikes.attributes.at("n_neurons")) == std::vector<double>{3});
  CHECK(numbers_of(spikes.attributes.at("t_max")) == std::vector<double>{2});
  CHECK(spikes.arrays.at("idx") == test::whole({0, 2, 0, 1, 1, -1}, {2, 3}));
  CHECK(std::get<std::vector<double>>(spikes.arrays.at("time").values) ==
        std::vector<double>{0.5, 0.5, 1.5, 1.0, 1.5, infinity});
}

TEST_CASE("a grid holds booleans of samples, steps and neurons, a spike at the step that ends with it") {
  sim::DataGroup root = tree_of(recording(), NirDataForm::grid, 0.5);
  const sim::DataGroup& spikes = spikes_in(root, "lif1");
  CHECK(spikes.attributes.at("__type__") == test::word("TimeGriddedData"));
  CHECK(numbers_of(spikes.attributes.at("dt")) == std::vector<double>{0.5});
  const sim::DataArray& data = spikes.arrays.at("data");
  CHECK(data.shape == std::vector<std::size_t>{2, 4, 3});
  CHECK(std::get<std::vector<bool>>(data.values) ==
        std::vector<bool>{
            true,  false, true,  false, false, false, true,  false, false, false, false, false,  //
            false, false, false, false, true,  false, false, true,  false, false, false, false});
}

TEST_CASE("recordings that make no sense are refused, when written and when read") {
  NirRecording wrong = recording();
  wrong.nodes[1].samples[0].neuron[0] = 3;
  CHECK_THROWS_AS(tree_of(wrong, NirDataForm::events, 0.5), std::invalid_argument);
  wrong = recording();
  wrong.nodes[1].samples.pop_back();
  CHECK_THROWS_AS(tree_of(wrong, NirDataForm::events, 0.5), std::invalid_argument);
  wrong = recording();
  wrong.nodes[1].node = "input";
  CHECK_THROWS_AS(tree_of(wrong, NirDataForm::grid, 0.5), std::invalid_argument);

  const auto refusal = [](auto change) {
    sim::DataGroup root = tree_of(recording(), NirDataForm::events, 0.5);
    change(root);
    try {
      nir_data_from_tree(root, "a.h5");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK_THAT(refusal([](auto& root) { root.attributes.clear(); }), Contains("no NIRGraphData"));
  CHECK_THAT(
      refusal([](auto& root) { spikes_in(root, "lif1").attributes["n_neurons"] = test::whole({2}, {}); }),
      Contains("'lif1'") && Contains("neuron 2"));
  CHECK_THAT(refusal([](auto& root) {
               spikes_in(root, "lif1").arrays["idx"].shape = {3, 2};
             }),
             Contains("differ in shape"));
  CHECK_THAT(
      refusal([](auto& root) { spikes_in(root, "lif1").attributes["__type__"] = test::word("Other"); }),
      Contains("'Other'"));
  CHECK_THAT(refusal([](auto& root) { spikes_in(root, "lif1").arrays.erase("time"); }), Contains("'time'"));
  CHECK_THAT(refusal([](auto& root) { root.groups["nodes"].groups.clear(); }), Contains("no spikes"));
}
