// loci prune: models with fewer edges that everything else takes.
#include <catch2/catch.hpp>

#include "workspace.hpp"

using Catch::Contains;
using nlohmann::json;

namespace {

// 64-24-10: 1,536 and 240 edges.
void train_model(const Workspace& work) {
  REQUIRE(work.train({"--epochs", "4", "--out", "whole.h5"}).exit_code == 0);
}

double accuracy(const Workspace& work, const std::string& model) {
  return work.loci({"eval", model, "--json"}).json()["accuracy"];
}

}  // namespace

TEST_CASE("a pruned model has fewer edges wherever it goes") {
  const Workspace work;
  train_model(work);
  for (const std::string by : {"weight", "length"})
    for (const std::string scope : {"layer", "global"}) {
      INFO(by << ' ' << scope);
      const auto result = work.loci({"prune", "whole.h5", "--share", "0.5", "--by", by, "--scope", scope,
                                     "--out", "pruned.h5", "--force", "--json"});
      INFO(result.err);
      REQUIRE(result.exit_code == 0);
      const json edges = result.json()["edges"];
      CHECK(edges[0].get<int>() + edges[1].get<int>() == 888);  // half of 1,776
      if (scope == "layer") CHECK(edges[0] == 768);
      CHECK(result.json()["edges_before"] == json({1536, 240}));
      const json info = work.loci({"info", "pruned.h5", "--json"}).json();
      CHECK(info["connections"][0]["edges"] == edges[0]);
      CHECK(info["connections"][1]["edges"] == edges[1]);
      CHECK_THAT(info["network"].get<std::string>(), Contains("pruned"));
      CHECK_FALSE(info["attributes"].contains("test_accuracy"));
      const auto run =
          work.loci({"simulate", "pruned.h5", "--samples", "20", "--out", "spikes.h5", "--force", "--json"});
      INFO(run.err);
      CHECK(run.exit_code == 0);
    }
}

TEST_CASE("the sweep's accuracies are those of the models one by one") {
  const Workspace work;
  train_model(work);
  const json sweep = work.loci({"prune", "whole.h5", "--sweep", "--json"}).json();
  REQUIRE(sweep["share"].size() == 20);
  CHECK(sweep["accuracy"][0] == accuracy(work, "whole.h5"));
  CHECK(sweep["accuracy_fold_bias"][0] == sweep["accuracy"][0]);
  CHECK(sweep["share"][16] == 0.8);
  REQUIRE(work.loci({"prune", "whole.h5", "--share", "0.8", "--out", "plain.h5"}).exit_code == 0);
  REQUIRE(work.loci({"prune", "whole.h5", "--share", "0.8", "--fold-bias", "--out", "folded.h5"}).exit_code ==
          0);
  CHECK(sweep["accuracy"][16] == accuracy(work, "plain.h5"));
  CHECK(sweep["accuracy_fold_bias"][16] == accuracy(work, "folded.h5"));
  CHECK(sweep["accuracy"][16] < sweep["accuracy"][0]);
}

TEST_CASE("what cannot be pruned is refused") {
  const Workspace work;
  train_model(work);
  CHECK_THAT(work.loci({"prune", "whole.h5"}).err, Contains("--share") && Contains("--sweep"));
  CHECK_THAT(work.loci({"prune", "whole.h5", "--share", "1", "--out", "p.h5"}).err,
             Contains("network.pruned"));
  CHECK_THAT(work.loci({"prune", "whole.h5", "--share", "0.5", "--by", "age", "--out", "p.h5"}).err,
             Contains("--by") && Contains("weight, length"));
  REQUIRE(work.loci({"prune", "whole.h5", "--share", "0.5", "--out", "p.h5"}).exit_code == 0);
  CHECK_THAT(work.loci({"prune", "p.h5", "--share", "0.8", "--out", "q.h5"}).err, Contains("pruned already"));
  CHECK_THAT(work.loci({"prune", "whole.h5", "--share", "0.5", "--out", "p.h5"}).err,
             Contains("the file exists"));
}
