// What NIR's own reader takes and refuses, and what is tolerated beyond it.
#include "backends/nir_graph.hpp"

#include <catch2/catch.hpp>

#include "io/data_tree_file.hpp"
#include "nir_support.hpp"
#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;
using namespace test;
using Catch::Contains;

namespace {

// The tree of the small graph with one change made to it.
template <typename Change>
sim::DataGroup changed(Change change) {
  sim::DataGroup root = tree_of(small_graph());
  change(root);
  return root;
}

template <typename Change>
std::string refusal_of(Change change) {
  try {
    nir_from_tree(changed(change), "net.nir");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

bool notes_say(const std::vector<std::string>& notes, const std::string& words) {
  return std::ranges::any_of(notes,
                             [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("a graph comes back from its tree as it was, with metadata and what lies beside it") {
  NirGraph graph = small_graph();
  graph.metadata.arrays["dt"] = floats({1e-4F}, {});
  graph.nodes["lif"].metadata.groups["nested"].arrays["positions"] = floats({1, 2, 3}, {3, 1});
  graph.beside["positions"].arrays["position0"] = floats({1, 2}, {2, 1});
  const NirReading reading = nir_from_tree(tree_of(graph), "net.nir");
  CHECK(reading.graph == graph);
  CHECK(reading.notes.empty());
}

TEST_CASE("a file has the layout that NIR's reader expects") {
  const sim::DataGroup root = tree_of(small_graph());
  CHECK(root.arrays.at("version") == word("1.0"));
  const sim::DataGroup& node = root.groups.at("node");
  CHECK(node.arrays.at("type") == word("NIRGraph"));
  CHECK(node.arrays.at("edges").shape == std::vector<std::size_t>{3, 2});
  CHECK(std::get<std::vector<std::string>>(node.arrays.at("edges").values) ==
        std::vector<std::string>{"input", "linear", "linear", "lif", "lif", "output"});
  const sim::DataGroup& lif = node.groups.at("nodes").groups.at("lif");
  CHECK(lif.arrays.at("type") == word("LIF"));
  CHECK(lif.arrays.size() == 6);
  CHECK(lif.groups.empty());
  CHECK(root.attributes.empty());
}

TEST_CASE("what NIR's reader refuses is refused, with the node's name") {
  CHECK_THAT(refusal_of([](auto& root) { nodes_of(root)["lif"].arrays["beta"] = floats({1}, {1}); }),
             Contains("'lif'") && Contains("'beta'") && Contains("metadata"));
  CHECK_THAT(refusal_of([](auto& root) {
               for (const char* name : {"tau", "r", "v_leak", "v_threshold", "v_reset"})
                 nodes_of(root)["lif"].arrays[name] = floats({1}, {});
             }),
             Contains("'linear' to 'lif'") && Contains("(3)") && Contains("()"));
  CHECK_THAT(refusal_of([](auto& root) {
               nodes_of(root)["lif"].arrays["r"] = floats({1, 2}, {2});
             }),
             Contains("'lif'") && Contains("r (2)"));
  CHECK_THAT(refusal_of([](auto& root) {
               nodes_of(root)["linear"].arrays["weight"].shape = {2, 3};
             }),
             Contains("'input' to 'linear'") && Contains("(2)") && Contains("(3)"));
  CHECK_THAT(refusal_of([](auto& root) {
               std::get<std::vector<std::string>>(root.groups["node"].arrays["edges"].values)[2] = "fc1";
             }),
             Contains("'fc1'"));
  CHECK_THAT(refusal_of([](auto& root) { nodes_of(root)["lif"].arrays.erase("tau"); }),
             Contains("LIF without tau"));
  CHECK_THAT(refusal_of([](auto& root) { nodes_of(root)["lif"].arrays["type"] = word("Conv2d"); }),
             Contains("Conv2d") && Contains("not supported"));
  CHECK_THAT(refusal_of([](auto& root) { nodes_of(root)["lif"].arrays.erase("type"); }), Contains("'type'"));
  CHECK_THAT(refusal_of([](auto& root) { nodes_of(root)["lif"].arrays["tau"] = word("long"); }),
             Contains("tau is text"));
  CHECK_THAT(refusal_of([](auto& root) {
               nodes_of(root)["linear"].arrays["weight"].shape = {3, 2, 1};
             }),
             Contains("(out, in)"));
  CHECK_THAT(refusal_of([](auto& root) { root.groups["node"].arrays["type_check"] = word("no"); }),
             Contains("type_check"));
  CHECK_THAT(refusal_of([](auto& root) { root.groups["node"].arrays["type"] = word("LIF"); }),
             Contains("not a NIRGraph"));
  CHECK_THAT(refusal_of([](auto& root) { root.groups.erase("node"); }), Contains("no group 'node'"));
  CHECK_THAT(refusal_of([](auto& root) { nodes_of(root)["input"].arrays["shape"] = whole({-2}, {1}); }),
             Contains("no extent"));
}

TEST_CASE("a missing version, a missing v_reset and missing ends are filled in and noted") {
  const auto reading =
      nir_from_tree(changed([](auto& root) {
                      root.arrays.erase("version");
                      nodes_of(root)["lif"].arrays.erase("v_reset");
                      nodes_of(root).erase("input");
                      nodes_of(root).erase("output");
                      root.groups["node"].arrays["edges"] = {
                          .values = std::vector<std::string>{"linear", "lif"}, .shape = {1, 2}};
                    }),
                    "net.nir");
  CHECK(reading.graph.version.empty());
  CHECK(numbers_of(reading.graph.nodes.at("lif").parameters.at("v_reset")) == Numbers{0, 0, 0});
  CHECK(reading.graph.nodes.at("input_linear").parameters.at("shape") == whole({2}, {1}));
  CHECK(reading.graph.nodes.at("output_lif").parameters.at("shape") == whole({3}, {1}));
  CHECK(reading.graph.edges ==
        std::vector<NirEdge>{{"linear", "lif"}, {"input_linear", "linear"}, {"lif", "output_lif"}});
  CHECK(notes_say(reading.notes, "version"));
  CHECK(notes_say(reading.notes, "v_reset"));
  CHECK(notes_say(reading.notes, "'input_linear' is added"));
  CHECK(reading.notes.size() == 4);
}

TEST_CASE("an output's shape that differs by extents of one is taken, another is not") {
  const auto with_shape = [](std::vector<std::int64_t> shape) {
    return changed([&](auto& root) {
      const std::size_t n = shape.size();
      nodes_of(root)["output"].arrays["shape"] = whole(shape, {n});
    });
  };
  const auto reading = nir_from_tree(with_shape({1, 3}), "net.nir");
  CHECK(notes_say(reading.notes, "(1, 3)"));
  CHECK_THROWS_AS(nir_from_tree(with_shape({4}), "net.nir"), InputError);
}

TEST_CASE("nested graphs are flattened, with their own names for nodes") {
  const sim::DataGroup outer = changed([](auto& root) {
    sim::DataGroup inner = tree_of(small_graph()).groups["node"];
    inner.groups["nodes"].groups.erase("linear");
    inner.groups["nodes"].groups["input"].arrays["shape"] = whole({3}, {1});
    // As in files found in the wild: the node is stored under another name than its edges have.
    inner.groups["nodes"].groups["lif1"] = inner.groups["nodes"].groups["lif"];
    inner.groups["nodes"].groups.erase("lif");
    inner.arrays["edges"] = {.values = std::vector<std::string>{"input", "lif", "lif", "output"},
                             .shape = {2, 2}};
    nodes_of(root).erase("lif");
    nodes_of(root)["block"] = inner;
    root.groups["node"].arrays["edges"] = {
        .values = std::vector<std::string>{"input", "linear", "linear", "block", "block", "output"},
        .shape = {3, 2}};
  });
  const auto reading = nir_from_tree(outer, "net.nir");
  CHECK(reading.graph.nodes.size() == 4);
  CHECK(reading.graph.nodes.at("block.lif1").type == NirType::lif);
  std::vector<NirEdge> edges = reading.graph.edges;
  std::ranges::sort(edges);
  CHECK(edges ==
        std::vector<NirEdge>{{"block.lif1", "output"}, {"input", "linear"}, {"linear", "block.lif1"}});
  CHECK(notes_say(reading.notes, "'lif', which is taken for 'lif1'"));
}

TEST_CASE("flatten joins the axes it names, and takes its shape from before it where it says none") {
  NirGraph graph = small_graph();
  graph.nodes["input"].parameters["shape"] = whole({2, 3, 4}, {3});
  graph.nodes["linear"].parameters["weight"] = floats(std::vector<float>(36, 1.0F), {3, 12});
  graph.nodes["flat"] = {NirType::flatten, {{"start_dim", whole({1}, {})}, {"end_dim", whole({-1}, {})}}, {}};
  graph.nodes["flat2"] = {NirType::flatten, {{"start_dim", whole({0}, {})}, {"end_dim", whole({1}, {})}}, {}};
  graph.edges = {{"input", "flat"}, {"flat", "flat2"}};
  std::vector<std::string> notes;
  const auto signals = signals_of(graph, "net.nir", notes);
  CHECK(signals.at("flat").output == NirShape{2, 12});
  CHECK(signals.at("flat2").output == NirShape{24});
  graph.nodes["flat"].parameters["end_dim"] = whole({3}, {});
  CHECK_THROWS_WITH(signals_of(graph, "net.nir", notes), Contains("no axis"));
}

TEST_CASE("graphs written to a file come back, and every sample is read") {
  const auto bytes = io::data_tree_bytes("net.nir", tree_of(small_graph()));
  CHECK(bytes.size() > 1000);
  for (const auto& path : nir_files()) {
    INFO(path.string());
    const auto file = io::read_data_tree(path);
    const auto reading = nir_from_tree(file.root, path.string());
    CHECK(reading.graph.nodes.size() >= 4);
    CHECK(reading.graph.edges.size() + 1 >= reading.graph.nodes.size());
    CHECK(nir_from_tree(tree_of(reading.graph), "again").graph == reading.graph);
  }
}
