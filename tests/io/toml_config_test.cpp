#include "io/toml_config.hpp"

#include <catch2/catch.hpp>

#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
using io::TomlConfig;

namespace {

TomlConfig config(const std::string& text) {
  return TomlConfig::parse(text, "run.toml");
}

}  // namespace

TEST_CASE("values come out with the type that is asked for") {
  auto toml = config(
      "seed = 7\n[train]\nlearning_rate = 0.125\nepochs = 20\nresume = true\nloss = \"ce_count\"\n"
      "[network]\nsizes = [784, 448, 10]\nweight_scale = [1, 0.5]\nnames = [\"a\", \"b\"]\nnone = []\n");
  CHECK(toml.get<std::int64_t>("seed") == 7);
  CHECK(toml.get<std::uint64_t>("seed") == 7U);
  CHECK(toml.get<double>("train.learning_rate") == 0.125);
  CHECK(toml.get<double>("train.epochs") == 20.0);
  CHECK(toml.get<bool>("train.resume") == true);
  CHECK(toml.get<std::string>("train.loss") == "ce_count");
  CHECK(toml.get<std::vector<std::uint64_t>>("network.sizes") == std::vector<std::uint64_t>{784, 448, 10});
  CHECK(toml.get<std::vector<double>>("network.weight_scale") == std::vector<double>{1, 0.5});
  CHECK(toml.get<std::vector<std::string>>("network.names") == std::vector<std::string>{"a", "b"});
  CHECK(toml.get<std::vector<double>>("network.none")->empty());
  CHECK_NOTHROW(toml.refuse_unknown());
}

TEST_CASE("a missing key is nothing, a default, or an error, as asked") {
  auto toml = config("a = 1\n");
  CHECK_FALSE(toml.get<double>("train.rate"));
  CHECK(toml.get_or<double>("train.rate", 0.5) == 0.5);
  CHECK_THROWS_WITH(toml.require<double>("train.rate"), Contains("run.toml") && Contains("train.rate"));
  CHECK(toml.require<std::int64_t>("a") == 1);
}

TEST_CASE("a value of another type is refused with its place, what is there and what belongs there") {
  auto toml = config(
      "[train]\n  epochs = \"many\"\n  rate = true\n  batch = -3\n  sizes = [1, \"two\"]\n  on = 1.5\n");
  CHECK_THROWS_WITH(toml.get<std::int64_t>("train.epochs"),
                    Contains("run.toml:2:3") && Contains("the text \"many\"") && Contains("a whole number"));
  CHECK_THROWS_WITH(toml.get<double>("train.rate"), Contains("run.toml:3:") && Contains("truth value true"));
  CHECK_THROWS_WITH(toml.get<std::uint64_t>("train.batch"), Contains("-3") && Contains("from 0 on"));
  CHECK_THROWS_WITH(toml.get<std::vector<double>>("train.sizes"),
                    Contains("run.toml:5:") && Contains("\"two\""));
  CHECK_THROWS_WITH(toml.get<std::vector<double>>("train.on"), Contains("1.5") && Contains("an array"));
  CHECK_THROWS_WITH(toml.get<std::int64_t>("train.on"), Contains("1.5") && Contains("whole number"));
  CHECK_THROWS_WITH(toml.get<double>("train.sizes"), Contains("an array, not a number"));
  CHECK_THROWS_WITH(toml.get<double>("train"), Contains("section"));
}

TEST_CASE("a syntax error is refused with line and column") {
  CHECK_THROWS_WITH(config("a = 1\nb = = 2\n"), Contains("run.toml:2:5"));
  CHECK_THROWS_AS(config("a = 1\na = 2\n"), InputError);
  CHECK_THROWS_AS(config("[train\n"), InputError);
}

TEST_CASE("every key that nobody asked for is listed with its place and the nearest known one") {
  auto toml =
      config("[train]\nlearning_rat = 0.1\nepochs = 3\n\n[netwrk]\nsizes = [1]\n[zebra]\nstripes = 1\n");
  toml.get<double>("train.learning_rate");
  toml.get<std::int64_t>("train.epochs");
  toml.get<std::vector<std::int64_t>>("network.sizes");
  try {
    toml.refuse_unknown();
    FAIL("unknown keys passed");
  } catch (const InputError& error) {
    CHECK(error.where() == "run.toml:2:1");
    CHECK_THAT(error.problem(),
               Contains("'train.learning_rat' is not known (did you mean 'train.learning_rate'?)"));
    CHECK_THAT(error.problem(),
               Contains("run.toml:6:1: 'netwrk.sizes' is not known (did you mean 'network.sizes'?)"));
    CHECK_THAT(error.problem(), Contains("run.toml:8:1: 'zebra.stripes' is not known"));
    CHECK_THAT(error.problem(), !Contains("zebra.stripes' is not known (did"));
    CHECK_THAT(error.problem(), !Contains("epochs"));
  }
}

TEST_CASE("a key in the wrong section is pointed to the right one") {
  auto toml = config("[network]\nepochs = 3\n");
  toml.get<std::int64_t>("train.epochs");
  CHECK_THROWS_WITH(toml.refuse_unknown(), Contains("did you mean 'train.epochs'?"));
}

TEST_CASE("an empty section is fine when its keys are known and refused when they are not") {
  auto toml = config("[train]\n[trian]\n");
  toml.get<std::int64_t>("train.epochs");
  CHECK(toml.has_section("train"));
  CHECK_FALSE(toml.has_section("network"));
  CHECK_THROWS_WITH(toml.refuse_unknown(), Contains("'trian'") && !Contains("'train' is not known"));
}

TEST_CASE("an array of tables is asked for by number, and refuses unknown keys with their place") {
  auto toml = config(
      "[[edge]]\nweight = 1.5\n[[edge]]\nweight = 2.5\nweigth = 3\n[[edge]]\n"
      "[record]\n[[record.trace]]\nneurons = [1, 2]\n");
  REQUIRE(toml.n_tables("edge") == 3);
  CHECK(toml.n_tables("record.trace") == 1);
  CHECK(toml.n_tables("record") == 0);
  CHECK(toml.get<double>("edge.0.weight") == 1.5);
  CHECK(toml.get<double>("edge.1.weight") == 2.5);
  CHECK_FALSE(toml.get<double>("edge.2.weight"));
  CHECK(toml.get<std::vector<std::uint64_t>>("record.trace.0.neurons") == std::vector<std::uint64_t>{1, 2});
  CHECK_THROWS_WITH(toml.refuse_unknown(),
                    Contains("run.toml:5:1: 'edge.1.weigth' is not known (did you mean 'edge.1.weight'?)"));
}

TEST_CASE("the names within a section come in the order of the file") {
  const auto toml = config(
      "[population.E]\nsize = 1\n[population.B]\nsize = 2\nrate = 3\n[other]\na = 1\n[population.A]\n");
  CHECK(toml.names_in("population") == std::vector<std::string>{"E", "B", "A"});
  CHECK(toml.names_in("nothing").empty());
}

TEST_CASE("one value and many are told apart before they are asked for") {
  const auto toml = config("one = 1.5\nmany = [1, 2]\ntext = \"a\"\n");
  CHECK(toml.is_array("many"));
  CHECK_FALSE(toml.is_array("one"));
  CHECK_FALSE(toml.is_array("none"));
  CHECK(toml.is_text("text"));
  CHECK_FALSE(toml.is_text("one"));
}

TEST_CASE("dates and nested arrays are named for what they are") {
  auto toml = config("day = 2025-01-01\ngrid = [[1], [2]]\n");
  CHECK_THROWS_WITH(toml.get<std::string>("day"), Contains("a date or time"));
  CHECK_THROWS_WITH(toml.get<std::vector<double>>("grid"), Contains("an array of arrays"));
}

TEST_CASE("a file is read with its name in every error") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(TomlConfig::load(folder / "none.toml"),
                    Contains("none.toml") && Contains("does not exist"));
  write_bytes(folder / "some.toml", "a = 1\nb = x\n");
  CHECK_THROWS_WITH(TomlConfig::load(folder / "some.toml"), Contains("some.toml:2:5"));
  write_bytes(folder / "good.toml", "a = 1\n");
  const auto toml = TomlConfig::load(folder / "good.toml");
  CHECK(toml.where("a") == (folder / "good.toml").string() + ":1:1");
  CHECK(toml.text() == "a = 1\n");
}
