// Experiments as data: what is built in, and what a folder's files may say.
#include "experiments/reproduction.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "sim/error.hpp"
#include "tests/io/temporary_folder.hpp"

using namespace loci;
using namespace loci::experiments;
using Catch::Contains;

namespace {

constexpr const char* recipes = "[recipe.plain.network]\nneuron = \"mlp\"\n";
constexpr const char* head =
    "title = \"T\"\nkind = \"table\"\nepochs = {quick = 1, plan = 2, full = 3}\n"
    "seeds = {quick = 1, plan_paper = 2, plan_loci = 4, full = 5}\n";

Reproduction loaded(const TemporaryFolder& folder, const std::string& text) {
  write_bytes(folder / "recipes.toml", recipes);
  write_bytes(folder / "own.toml", text);
  return load_reproduction(folder.path());
}

}  // namespace

TEST_CASE("every table and figure of the paper is built in, with its numbers") {
  const auto reproduction = load_reproduction();
  std::set<std::string> ids;
  for (const auto& experiment : reproduction.experiments) ids.insert(experiment.id);
  for (const auto* id : {"table1", "table2", "table3", "fig2a", "fig2b", "fig3a", "fig3b", "fig4a", "fig4b",
                         "fig5", "fig6", "best", "deep", "frontier", "longer", "pruned"})
    CHECK(ids.contains(id));
  CHECK(reproduction.experiments.front().id == "table1");
  const auto& rows = reproduction.at("table1").rows;
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].paper_accuracy == 0.9018);
  CHECK(rows[1].paper_accuracy == 0.9217);
  CHECK(rows[2].paper_accuracy == 0.9429);
  CHECK(rows[3].paper_accuracy == 0.9745);
  CHECK(reproduction.at("table1").epochs[1] == 300);
  CHECK(reproduction.at("table2").epochs[1] == 200);
  const auto& frontier = reproduction.at("frontier");
  REQUIRE(frontier.references.size() == 5);
  CHECK(frontier.references[0].accuracy == 0.9217);
  CHECK(frontier.references[3].parameters == 1628170);
  CHECK(frontier.rows.size() == 20);  // five budgets, two wirings, two kinds of neurons
  CHECK(
      std::ranges::all_of(frontier.rows, [](const Row& row) { return row.budget && row.n_candidates > 1; }));
}

TEST_CASE("an experiment may show runs of another, some rows of them and further measures") {
  const auto reproduction = load_reproduction();
  const auto& pruning = reproduction.at("fig3a");
  REQUIRE(pruning.rows.size() == 3);
  CHECK(pruning.rows[0].id == "mlp-3d-learned");
  CHECK(pruning.rows[0].prefix == reproduction.at("table1").rows[1].prefix);
  CHECK(pruning.epochs == reproduction.at("table1").epochs);
  CHECK(&reproduction.document_of(pruning) == &reproduction.document_of(reproduction.at("table1")));
  CHECK(pruning.measures == std::vector<std::string>{"pruning", "soft_pruning"});
}

TEST_CASE("seeds follow the effort and, in the plan, the recipe") {
  const TemporaryFolder folder;
  const auto reproduction = loaded(folder, head);
  const auto& own = reproduction.at("own");
  CHECK(own.n_seeds(Effort::quick, "loci", "mnist") == 1);
  CHECK(own.n_seeds(Effort::plan, "paper", "mnist") == 2);
  CHECK(own.n_seeds(Effort::plan, "loci", "mnist") == 4);
  CHECK(own.n_seeds(Effort::full, "paper", "mnist") == 5);
  CHECK(own.n_seeds(Effort::plan, "loci", "fashion-mnist") == 4);
  CHECK(own.n_epochs(Row{}, Effort::plan, "fashion-mnist") == own.n_epochs(Row{}, Effort::plan, "mnist"));
}

TEST_CASE("the plan may be smaller on other data sets than the paper's") {
  const TemporaryFolder folder;
  const auto reproduction = loaded(folder, std::string(head) + "plan_elsewhere = {epochs = 17, seeds = 1}\n");
  const auto& own = reproduction.at("own");
  CHECK(own.n_epochs(Row{}, Effort::plan, "fashion-mnist") == 17);
  CHECK(own.n_epochs(Row{}, Effort::plan, "mnist") == own.epochs[1]);
  CHECK(own.n_epochs(Row{}, Effort::full, "fashion-mnist") == own.epochs[2]);
  CHECK(own.n_seeds(Effort::plan, "loci", "fashion-mnist") == 1);
  CHECK(own.n_seeds(Effort::plan, "loci", "mnist") == 4);
  CHECK(own.n_seeds(Effort::full, "loci", "fashion-mnist") == 5);
  CHECK_THROWS_WITH(loaded(folder, std::string(head) + "plan_elsewhere = {epochs = 0}\n"),
                    Contains("own.toml:5") && Contains("0 epochs"));
}

TEST_CASE("the plan may be smaller for a row that takes long") {
  const TemporaryFolder folder;
  const std::string row = "[[row]]\nid = \"a\"\ntitle = \"A\"\nrecipe = \"plain\"\n";
  const auto reproduction = loaded(folder, head + row + "plan_epochs = 1\n" + row);
  const auto& own = reproduction.at("own");
  CHECK(own.n_epochs(own.rows[0], Effort::plan, "mnist") == 1);
  CHECK(own.n_epochs(own.rows[0], Effort::full, "mnist") == 3);
  CHECK(own.n_epochs(own.rows[1], Effort::plan, "mnist") == 2);
  CHECK_THROWS_WITH(loaded(folder, head + row + "plan_epochs = 0\n"),
                    Contains("own.toml:9") && Contains("0 epochs"));
}

TEST_CASE("a reference is a network that can be drawn") {
  const TemporaryFolder folder;
  const auto with = [&](const std::string& numbers) {
    return loaded(folder, std::string(head) + "[[reference]]\ntitle = \"R\"\n" + numbers);
  };
  CHECK(with("parameters = 7\naccuracy = 0.5\n").at("own").references.front().parameters == 7);
  CHECK_THROWS_WITH(with("parameters = 0\naccuracy = 0.5\n"),
                    Contains("own.toml:7") && Contains("0 parameters"));
  CHECK_THROWS_WITH(with("parameters = 7\naccuracy = 92.0\n"),
                    Contains("own.toml:8") && Contains("no accuracy"));
  CHECK_THROWS_WITH(with("accuracy = 0.5\n"), Contains("parameters"));
}

TEST_CASE("what an experiment's file gets wrong is refused with its place") {
  const TemporaryFolder folder;
  const std::string row = "[[row]]\nid = \"a\"\ntitle = \"A\"\nrecipe = \"plain\"\n";
  CHECK(loaded(folder, head + row).at("own").rows.size() == 1);
  CHECK_THROWS_WITH(loaded(folder, "title = \"T\"\nkind = \"tables\"\n"),
                    Contains("own.toml:2") && Contains("'tables' is not known"));
  CHECK_THROWS_WITH(loaded(folder, "title = \"T\"\nkind = \"table\"\n"), Contains("epochs.quick"));
  CHECK_THROWS_WITH(
      loaded(folder, "title = \"T\"\nkind = \"table\"\nepochs = {quick = 0, plan = 1, full = 1}\n"),
      Contains("own.toml:3") && Contains("0 epochs"));
  CHECK_THROWS_WITH(loaded(folder, head + row + "recipes = [\"ours\"]\n"), Contains("'ours' is not known"));
  CHECK_THROWS_WITH(loaded(folder, head + row + "values = [0.5]\n"), Contains("vary and values"));
  CHECK_THROWS_WITH(loaded(folder, std::string(head) + "measures = [\"weight\"]\n"), Contains("'weight'"));
  CHECK_THROWS_WITH(loaded(folder, "title = \"T\"\nkind = \"table\"\nruns_of = \"none\"\n"),
                    Contains("no such experiment"));
  CHECK_THROWS_WITH(loaded(folder, head).at("other"), Contains("use some of: own"));
  std::filesystem::remove(folder / "recipes.toml");
  CHECK_THROWS_WITH(load_reproduction(folder.path()), Contains("no folder of experiments"));
  CHECK_THROWS_AS(load_reproduction(folder / "none"), InputError);
}
