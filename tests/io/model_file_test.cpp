#include "io/model_file.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <optional>

#include "io/hdf5.hpp"
#include "sample_model.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;

namespace {

template <typename T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

// The smallest well-formed model file, of a dense 1-1 network, with one part at a time made wrong.
struct Parts {
  std::string format = "loci-model";
  int version = io::model_format_version;
  std::string skipped = {};
  std::vector<float> weight{0.5F};
  io::hdf5::Shape weight_shape{1, 1};
  std::vector<double> threshold{1.0};
  std::vector<std::uint64_t> sizes{1, 1};
  std::optional<double> cutoff = {};
  std::optional<double> pruned = {};
};

std::filesystem::path write_parts(const TemporaryFolder& folder, const Parts& parts) {
  const auto path = folder / "parts.h5";
  auto file = io::hdf5::File::create(path);
  io::write_stamp(file, parts.format, parts.version, {});
  if (parts.skipped != "network") {
    auto network = file.create_group("network");
    network.write_attribute("wiring", "dense");
    network.write_attribute("neuron", "snn");
    network.write_attribute("dims", std::uint64_t{3});
    network.write_attribute("layer_distance", "learned");
    network.write_attribute("mask_steepness", 10.0);
    network.write_attribute("balanced", std::uint8_t{0});
    network.write_attribute("softening", 0.0);
    if (parts.cutoff) network.write_attribute("cutoff", *parts.cutoff);
    if (parts.pruned) network.write_attribute("pruned", *parts.pruned);
    network.write("sizes", parts.sizes);
    network.write("weight_scale", std::vector<double>{});
    network.write("lif_beta", std::vector<double>{0.9});
    network.write("lif_threshold", parts.threshold);
    network.write_strings("lif_reset", std::vector<std::string>{"zero"});
    network.write("lif_reset_delay", std::vector<std::uint8_t>{1});
  }
  auto parameters = file.create_group("parameters");
  if (parts.skipped != "weight0") parameters.write<float>("weight0", parts.weight, parts.weight_shape);
  parameters.write<float>("bias1", std::vector<float>{0.25F}, {1, 1});
  if (parts.skipped != "attributes") file.create_group("attributes");
  if (parts.skipped != "history")
    file.write<double>("history", {}, {0, 0})
        .write_attribute_array("columns", std::span<const std::string>{});
  return path;
}

}  // namespace

TEST_CASE("a model comes back with every field and every bit") {
  const TemporaryFolder folder;
  const auto model = sample_model();
  io::write_model(folder / "model.h5", model);
  const auto read = io::read_model(folder / "model.h5");
  CHECK(read.network == model.network);
  CHECK(same_bits(read.parameters, model.parameters));
  CHECK(read.seed == model.seed);
  CHECK(read.configuration == model.configuration);
  CHECK(read.attributes == model.attributes);
  CHECK(read.history.columns == model.history.columns);
  REQUIRE(read.history.rows.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(same_bits(read.history.rows[i], model.history.rows[i]));
  REQUIRE(read.snapshot);
  REQUIRE(read.snapshot->arrays.size() == 2);
  CHECK(same_bits(read.snapshot->arrays.at("adam_m"), model.snapshot->arrays.at("adam_m")));
  CHECK(read.snapshot->arrays.at("none").empty());
  CHECK(read.snapshot->integers == model.snapshot->integers);
  CHECK(read.snapshot->reals == model.snapshot->reals);
  CHECK_FALSE(read.loci_version.empty());
  CHECK_FALSE(read.loci_commit.empty());
  CHECK(folder.n_entries() == 1);
}

TEST_CASE("models of every wiring and neuron come back, without snapshot and history too") {
  const TemporaryFolder folder;
  for (const auto wiring : {sim::Wiring::spatial, sim::Wiring::dense})
    for (const auto neuron : {sim::NeuronModel::relu, sim::NeuronModel::lif})
      for (const auto distance :
           {sim::LayerDistance::fixed, sim::LayerDistance::learned, sim::LayerDistance::relaxed}) {
        io::ModelFile model;
        model.network = {.sizes = {3, 2}, .wiring = wiring, .neuron = neuron, .layer_distance = distance};
        model.parameters.assign(sim::ParameterLayout(model.network).size(), 0.5F);
        io::write_model(folder / "model.h5", model);
        const auto read = io::read_model(folder / "model.h5");
        CHECK(read.network == model.network);
        CHECK(read.parameters == model.parameters);
        CHECK_FALSE(read.snapshot);
        CHECK(read.history.rows.empty());
      }
}

TEST_CASE("the same model gives the same bytes") {
  const TemporaryFolder folder;
  io::write_model(folder / "a.h5", sample_model());
  io::write_model(folder / "b.h5", sample_model());
  CHECK(read_bytes(folder / "a.h5") == read_bytes(folder / "b.h5"));
}

TEST_CASE("parameters are handed out by name and shape") {
  const auto model = sample_model();
  const auto arrays = io::named_parameters(model);
  REQUIRE(arrays.size() == sim::ParameterLayout(model.network).groups().size());
  CHECK(arrays[0].name == "position0");
  CHECK(arrays[0].shape == std::vector<std::size_t>{6, 3});
  CHECK(arrays[1].values.front() == model.parameters[18]);
}

TEST_CASE("parameters that are not finite are refused by group and index, on writing and on reading") {
  const TemporaryFolder folder;
  auto model = sample_model();
  model.parameters[19] = NAN;  // after the 18 coordinates of layer 0
  CHECK_THROWS_WITH(io::write_model(folder / "model.h5", model), Contains("position1[1] is nan"));
  CHECK(folder.n_entries() == 0);
  const auto path = write_parts(folder, {.weight = {INFINITY}});
  CHECK_THROWS_WITH(io::read_model(path), Contains("/parameters/weight0") && Contains("weight0[0] is inf"));
}

TEST_CASE("parameters of another network are not written") {
  const TemporaryFolder folder;
  auto model = sample_model();
  model.parameters.pop_back();
  CHECK_THROWS_WITH(io::write_model(folder / "model.h5", model),
                    Contains("parameters for a network that has"));
  CHECK(folder.n_entries() == 0);
}

TEST_CASE("a failed write leaves the older model and no temporary") {
  const TemporaryFolder folder;
  const auto path = folder / "model.h5";
  io::write_model(path, sample_model());
  const std::string before = read_bytes(path);
  auto broken = sample_model();
  broken.parameters.back() = NAN;
  CHECK_THROWS_AS(io::write_model(path, broken), InputError);
  CHECK(read_bytes(path) == before);

  // A full disk, as near as a limit on the file size comes to it.
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 2048, .rlim_max = old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    io::write_model(path, sample_model());
  } catch (const InputError& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, old_handler);
  CHECK_THAT(message, Contains("check the space left"));
  CHECK(read_bytes(path) == before);
  CHECK(folder.n_entries() == 1);
}

TEST_CASE("a well-formed file made by other means is read") {
  const TemporaryFolder folder;
  const auto model = io::read_model(write_parts(folder, {}));
  CHECK(model.parameters == std::vector<float>{0.5F, 0.25F});
  CHECK(model.network.lif_of(1).reset == sim::Reset::zero);
}

TEST_CASE("a file of the first version, which knows no cutoff and no pruning, is a network without them") {
  const TemporaryFolder folder;
  const auto model = io::read_model(write_parts(folder, {.version = 1}));
  CHECK(model.network.cutoff == std::numeric_limits<double>::infinity());
  CHECK(model.network.pruned == 0.0);
  CHECK_FALSE(model.network.culled());
}

TEST_CASE("a cutoff or a pruned share that makes no sense in a file is refused") {
  const TemporaryFolder folder;
  CHECK(io::read_model(write_parts(folder, {.pruned = 0.25})).network.pruned == 0.25);
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.pruned = 1.0})), Contains("network.pruned"));
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.cutoff = -1.0})), Contains("network.cutoff"));
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.cutoff = 2.0})),
                    Contains("network.cutoff") && Contains("no distances"));
}

TEST_CASE("shares by connection and what pruning goes by come back, in a version that says so") {
  const TemporaryFolder folder;
  auto model = sample_model();
  model.network.pruned = 0.0;
  model.network.pruned_shares = {0.1 + 0.2, 0.0, 0.5};
  model.network.pruned_by = sim::PrunedBy::length;
  io::write_model(folder / "model.h5", model);
  CHECK(io::read_model(folder / "model.h5").network == model.network);
  CHECK(io::peek_format(folder / "model.h5").format_version == 4);
  model.network.pruned_by = sim::PrunedBy::soft_threshold;
  io::write_model(folder / "soft.h5", model);
  CHECK(io::read_model(folder / "soft.h5").network == model.network);
  CHECK(io::peek_format(folder / "soft.h5").format_version == 6);
  io::write_model(folder / "older.h5", sample_model());
  CHECK(io::peek_format(folder / "older.h5").format_version == 3);
}

TEST_CASE("which layers are balanced comes back, in a version that says so") {
  const TemporaryFolder folder;
  auto model = sample_model();
  for (const auto layers : {sim::BalancedLayers::hidden, sim::BalancedLayers::all}) {
    model.network.balanced_layers = layers;
    const auto path = folder / std::string(name_of(layers));
    io::write_model(path, model);
    CHECK(io::read_model(path).network == model.network);
    CHECK(io::peek_format(path).format_version == 5);
  }
}

TEST_CASE("a file that is no model is refused for what it is") {
  const TemporaryFolder folder;
  write_bytes(folder / "text", "plain text");
  CHECK_THROWS_WITH(io::read_model(folder / "text"), Contains("not an HDF5 file"));
  CHECK_THROWS_WITH(io::read_model(folder / "none"), Contains("does not exist"));
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.format = "loci-raster"})),
                    Contains("'loci-raster', not 'loci-model'"));
  { auto foreign = io::hdf5::File::create(folder / "foreign.h5"); }
  CHECK_THROWS_WITH(io::read_model(folder / "foreign.h5"), Contains("no loci-model file"));
}

TEST_CASE("a file from a newer loci is refused with advice") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.version = io::model_format_version + 1})),
                    Contains("newer") && Contains("read it with a newer loci"));
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.version = 0})), Contains("format version is 0"));
}

TEST_CASE("a model file that lacks a part is refused by the part's name") {
  const TemporaryFolder folder;
  for (const std::string part : {"network", "weight0", "attributes", "history"})
    CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.skipped = part})),
                      Contains(part) && Contains("missing"));
}

TEST_CASE("parts that do not fit together are refused") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.weight = {1, 2}, .weight_shape = {2, 1}})),
                    Contains("weight0") && Contains("(2, 1), not (1, 1)"));
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.weight_shape = {1}})), Contains("(1), not (1, 1)"));
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.sizes = {1}})), Contains("network.sizes"));
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.sizes = {1, 2}})), Contains("weight0"));
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.threshold = {-1}})), Contains("network.threshold"));
  CHECK_THROWS_WITH(io::read_model(write_parts(folder, {.threshold = {1, 1}})), Contains("lif_threshold"));
}

TEST_CASE("the kind of a file is told without reading it all") {
  const TemporaryFolder folder;
  io::write_model(folder / "model.h5", sample_model());
  const auto stamp = io::peek_format(folder / "model.h5");
  CHECK(stamp.format == "loci-model");
  CHECK(stamp.format_version == 3);  // the oldest that can say what is in it
  CHECK(stamp.provenance.seed == sample_model().seed);
  CHECK(stamp.provenance.configuration == sample_model().configuration);
  CHECK_THROWS_WITH(io::peek_format(write_parts(folder, {.format = "other"})), Contains("'other'"));
  { auto foreign = io::hdf5::File::create(folder / "foreign.h5"); }
  CHECK_THROWS_WITH(io::peek_format(folder / "foreign.h5"), Contains("neither a model nor a raster"));
  CHECK_THROWS_AS(io::peek_format(folder / "none.h5"), InputError);
}
