// loci info --graph: circuits and models as graphs, with numbers worked out by hand, and what is refused.
#include <catch2/catch.hpp>
#include <cmath>

#include "workspace.hpp"

using Catch::Contains;
using nlohmann::json;

namespace {

Result loci_in(const TemporaryFolder& folder, const Arguments& arguments) {
  return run(arguments, {.folder = folder.path(), .environment = {}});
}

// 0, 1 and 2 of E joined both ways, 2 of E to I; corners of a square of side 3, and I in the middle.
TemporaryFolder& with_triangle(TemporaryFolder& folder) {
  write_bytes(folder / "square.csv", "x,y\n0,0\n3,0\n3,3\n");
  write_bytes(folder / "middle.csv", "x,y\n1.5,1.5\n");
  write_bytes(folder / "triangle.csv", "source,target,weight\n0,1,1\n1,0,2\n1,2,3\n2,1,4\n0,2,5\n2,0,6\n");
  write_bytes(folder / "tail.csv", "source,target\n2,0\n");
  write_bytes(
      folder / "net.toml",
      "[circuit]\nseed = 11\n[space]\ndims = 2\nextent = [3, 3]\n"
      "[population.E]\nsize = 3\nplacement = \"file\"\npositions = \"square.csv\"\n"
      "[population.I]\nsize = 1\nplacement = \"file\"\npositions = \"middle.csv\"\n"
      "[[projection]]\nsource = \"E\"\ntarget = \"E\"\nrule = \"file\"\nedges = \"triangle.csv\"\n"
      "[[projection]]\nsource = \"E\"\ntarget = \"I\"\nrule = \"file\"\nedges = \"tail.csv\"\nweight = 7\n"
      "delay_ms = 0.5\n");
  return folder;
}

}  // namespace

TEST_CASE("info --graph tells what a circuit is like as a graph, in numbers worked out by hand") {
  TemporaryFolder folder;
  with_triangle(folder);
  const auto result = loci_in(folder, {"info", "net.toml", "--graph", "--json"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const json told = result.json();
  CHECK(told["kind"] == "circuit");
  const json& graph = told["graph"];
  CHECK(graph["neurons"] == 4);
  CHECK(graph["edges"] == 7);
  CHECK(graph["joined_pairs"] == 4);
  CHECK(graph["density"].get<double>() == Approx(7.0 / 12.0));
  CHECK(graph["reciprocity"].get<double>() == Approx(6.0 / 7.0));
  CHECK(graph["in_degree"]["mean"].get<double>() == Approx(7.0 / 4.0));
  CHECK(graph["in_degree"]["min"] == 1.0);
  CHECK(graph["in_degree"]["histogram"]["counts"] == json{1, 3});
  CHECK(graph["out_degree"]["max"] == 3.0);
  CHECK(graph["weight"]["mean"].get<double>() == Approx(4.0));
  CHECK(graph["weight"]["sd"].get<double>() == Approx(2.0));  // of 1 to 7
  const double middle = 1.5 * std::sqrt(2.0);
  CHECK(graph["wiring_length"].get<double>() == Approx(4 * 3.0 + 2 * 3.0 * std::sqrt(2.0) + middle));
  CHECK(graph["length"]["max"].get<double>() == Approx(3.0 * std::sqrt(2.0)));
  CHECK(graph["weak_components"] == json{{"count", 1}, {"largest", 4}});
  CHECK(graph["strong_components"] == json{{"count", 2}, {"largest", 3}});
  CHECK(graph["clustering"]["mean"].get<double>() == Approx((1.0 + 1.0 + 1.0 / 3.0) / 4.0));
  CHECK(graph["clustering"]["neurons"] == 4);
  CHECK(graph["path_length"]["mean"].get<double>() == Approx(11.0 / 9.0));
  CHECK(graph["path_length"]["unreachable_pairs"] == 3);
  CHECK(graph["path_length"]["sources"] == 4);
  CHECK(graph["undirected_path_length"]["mean"].get<double>() == Approx(16.0 / 12.0));
  CHECK(graph["small_world"]["random_graphs"] == 10);
  CHECK(graph["seed"] == 11);
  REQUIRE(graph["groups"].size() == 2);
  const json& tail = graph["groups"][1];
  CHECK(tail["source"] == "E");
  CHECK(tail["target"] == "I");
  CHECK(tail["edges"] == 1);
  CHECK(tail["mean_in_degree"] == 1.0);
  CHECK(tail["mean_out_degree"].get<double>() == Approx(1.0 / 3.0));
  CHECK(tail["delay_ms"]["mean"].get<double>() == Approx(0.5));
  CHECK(tail["length"]["mean"].get<double>() == Approx(middle));
  for (const char* key : {"build_seconds", "analysis_seconds", "peak_mib", "threads"})
    CHECK(graph.contains(key));
}

TEST_CASE("threads change no number of a graph, and without --graph no edge is built") {
  TemporaryFolder folder;
  write_bytes(folder / "net.toml",
              "[space]\nperiodic = true\n[population.E]\nsize = 2000\n[[projection]]\nsource = \"E\"\n"
              "target = \"E\"\ncutoff = 0.2\nprobability = 0.5\nweight = 1\nvelocity = 0.1\n");
  json one = loci_in(folder, {"info", "net.toml", "--graph", "--json"}).json()["graph"];
  json three = loci_in(folder, {"info", "net.toml", "--graph", "--json", "--threads", "3"}).json()["graph"];
  CHECK(three["threads"] == 3);
  // 2000 sources of 250,000 edges each are more than it looks at.
  CHECK(one["path_length"]["sources"].get<int>() < 2000);
  CHECK(one["path_length"]["error"].get<double>() > 0.0);
  for (const char* key : {"threads", "build_seconds", "analysis_seconds", "peak_mib"}) {
    one.erase(key);
    three.erase(key);
  }
  CHECK(one == three);
  CHECK_FALSE(loci_in(folder, {"info", "net.toml", "--json"}).json().contains("graph"));
}

TEST_CASE("the table of a graph says what each number is of, and where there is no space") {
  TemporaryFolder folder;
  with_triangle(folder);
  const auto result = loci_in(folder, {"info", "net.toml", "--graph"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out,
             Contains("circuit: 4 neurons in 2 dimensions") &&
                 Contains("graph: 4 neurons, 7 edges, 0 autapses and 0 multapses") && Contains("E to I") &&
                 Contains("in-degree") && Contains("length from") && Contains("###") &&
                 Contains("1 weak, the largest of 4 neurons; 2 strong, the largest of 3") &&
                 Contains("from all 4 neurons; 2 at most; 3 of 12 pairs unreachable") &&
                 Contains("over those of 10 random graphs") && Contains("the sum of all lengths"));
  write_bytes(folder / "nowhere.toml",
              "[population.E]\nsize = 5\n[[projection]]\nsource = \"E\"\ntarget = \"E\"\nweight = 1\n");
  const Arguments nowhere{"info", "nowhere.toml", "--graph"};
  CHECK_THAT(loci_in(folder, nowhere).out, Contains("none: there is no space") && !Contains("wiring"));
  CHECK_FALSE(
      loci_in(folder, {"info", "nowhere.toml", "--graph", "--json"}).json()["graph"].contains("length"));
  write_bytes(folder / "silent.toml", "[population.E]\nsize = 5\n");
  CHECK_THAT(loci_in(folder, {"info", "silent.toml", "--graph"}).out,
             Contains("graph: 5 neurons, 0 edges") && Contains("none: no neuron is reached") &&
                 Contains("no index"));
}

TEST_CASE("a model is a graph of its layers") {
  const Workspace work;
  REQUIRE(work.train({"--epochs", "1"}).exit_code == 0);
  const auto result = work.loci({"info", "model.h5", "--graph", "--json"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const json graph = result.json()["graph"];
  CHECK(graph["neurons"] == 98);
  CHECK(graph["edges"] == 64 * 24 + 24 * 10);
  REQUIRE(graph["groups"].size() == 2);
  CHECK(graph["groups"][0]["source"] == "layer 0");
  CHECK(graph["groups"][1]["target"] == "layer 2");
  CHECK(graph["groups"][1]["mean_in_degree"] == 24.0);
  // Every layer reaches what comes after it, and nothing else: 1 edge to the next, 2 to the one after.
  CHECK(graph["path_length"]["reached_pairs"] == 64 * 34 + 24 * 10);
  CHECK(graph["path_length"]["mean"].get<double>() ==
        Approx((64.0 * 24 + 2 * 64.0 * 10 + 24 * 10) / (64 * 34 + 24 * 10)));
  CHECK(graph["clustering"]["mean"] == 0.0);  // layers have no edges inside
  CHECK(graph["length"]["min"].get<double>() > 0.0);
  CHECK_THAT(work.loci({"info", "model.h5", "--graph"}).out, Contains("layer 1 to layer 2"));
}

TEST_CASE("graphs that do not fit, or of what has no edges, are refused") {
  TemporaryFolder folder;
  with_triangle(folder);
  write_bytes(
      folder / "huge.toml",
      "[population.E]\nsize = 10000000\n[[projection]]\nsource = \"E\"\ntarget = \"E\"\nweight = 1\n");
  write_bytes(folder / "run.toml", "[population.E]\nsize = 5\n[run]\nduration_ms = 1\n");
  REQUIRE(loci_in(folder, {"simulate", "run.toml", "--quiet"}).exit_code == 0);
  struct Bad {
    Arguments arguments;
    std::vector<std::string> said;
  };
  for (const Bad& bad : std::vector<Bad>{
           {{"huge.toml", "--graph"},
            {"loci: graph\n", "about 1e+14 edges as a graph need", "GiB", "fewer neurons"}},
           {{"spikes.h5", "--graph"},
            {"--graph", "spikes.h5 holds spikes, no edges", "circuit (.toml) or a model"}},
           {{"--graph"}, {"--graph", "no file was named"}},
           {{"net.toml", "--threads", "2"}, {"--threads"}},
           {{"net.toml", "--graph", "--threads", "0"}, {"--threads"}},
           {{"none.toml", "--graph"}, {"none.toml", "does not exist"}},
       }) {
    Arguments arguments{"info"};
    arguments.insert(arguments.end(), bad.arguments.begin(), bad.arguments.end());
    const auto result = loci_in(folder, arguments);
    CAPTURE(bad.arguments, result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    for (const auto& text : bad.said) CHECK_THAT(result.err, Contains(text));
  }
}
