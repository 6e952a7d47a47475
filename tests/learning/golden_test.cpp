// Every snnTorch case found in the golden folder, whatever its name and sizes, through the reference path in
// double and the fast path in float.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "io/hdf5.hpp"
#include "learning/evaluator.hpp"
#include "learning/reference.hpp"
#include "tests/learning/support.hpp"

using namespace loci;
using namespace loci::learning;

namespace {

std::vector<std::filesystem::path> golden_files() {
  const char* named = std::getenv("LOCI_GOLDEN_DIR");
  const std::filesystem::path folder = named != nullptr ? named : LOCI_GOLDEN_DEFAULT;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::size_t> sizes_of(const io::hdf5::Group& group) {
  std::vector<std::size_t> sizes;
  for (const auto size : group.read_attribute_array<std::int64_t>("sizes"))
    sizes.push_back(static_cast<std::size_t>(size));
  return sizes;
}

struct Case {
  sim::NetworkDescription network;
  Objective objective;
  test::ArrayBatch batch;
};

Case read_case(const io::hdf5::Group& group) {
  const std::string kind = group.read_string_attribute("kind");
  Case result;
  auto& network = result.network;
  network.sizes = sizes_of(group);
  network.wiring = kind.starts_with("spatial") ? sim::Wiring::spatial : sim::Wiring::dense;
  network.neuron = kind.ends_with("snn") ? sim::NeuronModel::lif : sim::NeuronModel::relu;
  if (network.spatial()) network.dims = static_cast<std::size_t>(group.read_attribute<std::int64_t>("dims"));
  network.layer_distance = group.read_attribute<std::int64_t>("relaxed_z") != 0 ? sim::LayerDistance::relaxed
                           : group.exists("params/gap0")                        ? sim::LayerDistance::learned
                                                                                : sim::LayerDistance::fixed;
  network.mask_steepness = group.read_attribute<double>("mask_steepness");
  network.lif = {
      {.beta = group.read_attribute<double>("beta"), .threshold = group.read_attribute<double>("threshold")}};
  auto& objective = result.objective;
  objective.loss = parse_loss(group.read_string_attribute("loss"), group.where());
  objective.n_steps =
      network.spiking() ? static_cast<std::size_t>(group.read_attribute<std::int64_t>("steps")) : 1;
  const std::string surrogate = group.read_string_attribute("surrogate");
  objective.surrogate = surrogate == "fast_sigmoid" ? Surrogate::fast_sigmoid : Surrogate::atan;
  objective.slope = surrogate == "fast_sigmoid" ? 25.0 : 2.0;
  result.batch.constant = group.read_string_attribute("input") == "constant";
  result.batch.n_inputs = network.sizes.front();
  result.batch.input = group.dataset("input").read<double>();
  for (const auto target : group.dataset("target").read<std::int64_t>())
    result.batch.targets.push_back(static_cast<std::uint8_t>(target));
  return result;
}

sim::BasicParameters<double> read_parameters(const io::hdf5::Group& group,
                                             const sim::NetworkDescription& network) {
  sim::BasicParameters<double> parameters(network);
  for (const auto& entry : parameters.layout.groups()) {
    const auto values = group.dataset(entry.name).read<double>();
    REQUIRE(values.size() == entry.size());
    std::copy(values.begin(), values.end(), parameters.view(entry).begin());
  }
  return parameters;
}

double error(const std::vector<double>& actual, const io::hdf5::Group& group, const std::string& name) {
  const auto expected = group.dataset(name).read<double>();
  REQUIRE(actual.size() == expected.size());
  return test::largest_relative_error<double, double>(actual, expected);
}

// Of one parameter group, relative to its largest value; the gaps of a network, one scalar each, are one
// group.
template <typename Real>
double relative_error(const sim::BasicParameters<Real>& actual, const sim::BasicParameters<double>& expected,
                      const sim::ParameterGroup& group) {
  if (group.kind != "gap")
    return test::largest_relative_error<Real, double>(actual.view(group), expected.view(group));
  const std::size_t first = expected.layout.at("gap", 0).offset;
  const std::size_t n_gaps = expected.layout.count("gap");
  return test::largest_relative_error<Real, double>(std::span(actual.values).subspan(first, n_gaps),
                                                    std::span(expected.values).subspan(first, n_gaps));
}

// Rounding in float32 of sums as long as the case's longest, with a factor 4 for the operations between them.
double float_tolerance(const Case& c) {
  double longest = static_cast<double>(c.batch.size() * c.objective.n_steps);
  for (const std::size_t size : c.network.sizes) longest += static_cast<double>(size);
  return 4 * longest * 0x1.0p-24;
}

}  // namespace

TEST_CASE("snnTorch's networks: weights, membranes, spikes, loss and gradients") {
  std::size_t n_cases = 0;
  std::map<std::string, double> worst;
  const auto note = [&](const std::string& what, double value) {
    worst[what] = std::max(worst[what], value);
  };
  const Workers workers(2);
  for (const auto& path : golden_files()) {
    const auto file = io::hdf5::File::open(path);
    for (const auto& name : file.names()) {
      if (!file.exists(name + "/params")) continue;
      INFO(path.string() << ": " << name);
      const auto group = file.group(name);
      const Case c = read_case(group);
      const auto parameters = read_parameters(group.group("params"), c.network);
      const auto result =
          reference_evaluate<double>(c.network, c.objective, parameters, test::reference_batch(c.batch));
      for (std::size_t l = 0; l < c.network.n_connections(); ++l) {
        const auto next = std::to_string(l + 1);
        note("weights", error(result.weights[l], group, "weights/" + std::to_string(l)));
        note("membranes", error(result.membranes[l], group, "mem/" + next));
        if (c.network.spiking()) CHECK(error(result.spikes[l], group, "spk/" + next) == 0.0);
      }
      note("logits", error(result.logits, group, "logits"));
      note("loss", error({result.loss}, group, "loss"));
      CHECK(worst["weights"] < 1e-12);
      CHECK(worst["membranes"] < 1e-12);
      CHECK(worst["logits"] < 1e-12);
      CHECK(worst["loss"] < 1e-6);
      sim::BasicParameters<double> gradient(c.network);
      gradient.values = result.gradient;
      const auto expected = read_parameters(group.group("grad"), c.network);
      // snnTorch passes spikes, and so dL/dS, through float32: gradients agree to its rounding, not to
      // double's.
      for (const auto& entry : gradient.layout.groups()) {
        INFO(entry.name);
        const double relative = relative_error<double>(gradient, expected, entry);
        CHECK(relative < 1e-5);
        note("gradients", relative);
      }
      BatchEvaluator fast(c.network, c.objective, workers);
      sim::Parameters fast_gradient(c.network);
      const auto outcome =
          fast.gradient(test::converted<float>(c.network, parameters), c.batch, fast_gradient);
      CHECK(outcome.loss == Approx(group.dataset("loss").read<double>()[0]).epsilon(float_tolerance(c)));
      note("fast loss", error({outcome.loss}, group, "loss"));
      for (const auto& entry : gradient.layout.groups()) {
        INFO(entry.name);
        const double relative = relative_error<float>(fast_gradient, expected, entry);
        CHECK(relative < float_tolerance(c));
        note("fast gradients", relative);
      }
      ++n_cases;
    }
  }
  REQUIRE(n_cases > 0);
  std::cout << "golden snnTorch cases: " << n_cases
            << "; largest error relative to the group's largest value:";
  for (const auto& [what, value] : worst) std::cout << ' ' << what << ' ' << value << ';';
  std::cout << '\n';
}

TEST_CASE("snnTorch's Leaky under every reset mechanism, delayed and within the step") {
  std::size_t n_cases = 0;
  std::size_t n_spikes = 0;
  double worst = 0.0;
  for (const auto& path : golden_files()) {
    const auto file = io::hdf5::File::open(path);
    if (!file.exists("W0")) continue;
    const auto betas = file.read_attribute_array<double>("beta");
    const auto thresholds = file.read_attribute_array<double>("threshold");
    sim::NetworkDescription network{.wiring = sim::Wiring::dense};
    network.sizes = {file.dataset("W0").shape()[1]};
    for (std::size_t l = 0; l < betas.size(); ++l)
      network.sizes.push_back(file.dataset("W" + std::to_string(l)).shape()[0]);
    network.lif.assign(betas.size(), {});
    sim::BasicParameters<double> parameters(network);
    for (std::size_t l = 0; l < betas.size(); ++l) {
      const auto stored = file.dataset("W" + std::to_string(l)).read<double>();
      const auto weights = parameters.group("weight", l);
      for (std::size_t i = 0; i < network.sizes[l]; ++i)
        for (std::size_t j = 0; j < network.sizes[l + 1]; ++j)
          weights[i * network.sizes[l + 1] + j] = stored[j * network.sizes[l] + i];
    }
    const auto input = file.dataset("input").read<double>();
    const std::vector<std::uint8_t> target{0};
    const Objective objective{.n_steps = input.size() / network.sizes[0]};
    for (const auto& name : file.names()) {
      const auto split = name.find("_delay");
      if (split == std::string::npos) continue;
      INFO(path.string() << ": " << name);
      for (std::size_t l = 0; l < betas.size(); ++l)
        network.lif[l] = {.beta = betas[l],
                          .threshold = thresholds[l],
                          .reset = sim::parse_reset(name.substr(0, split), name),
                          .reset_delay = name.back() == '1'};
      const auto result = reference_evaluate<double>(
          network, objective, parameters, {.input = input, .constant_input = false, .targets = target});
      for (std::size_t l = 0; l < betas.size(); ++l) {
        // The file holds float32: membranes agree to its rounding, spikes exactly.
        const double relative = error(result.membranes[l], file.group(name), "mem" + std::to_string(l));
        CHECK(relative < 1e-5);
        worst = std::max(worst, relative);
        CHECK(error(result.spikes[l], file.group(name), "spk" + std::to_string(l)) == 0.0);
        n_spikes +=
            static_cast<std::size_t>(std::count(result.spikes[l].begin(), result.spikes[l].end(), 1.0));
      }
      ++n_cases;
    }
  }
  REQUIRE(n_cases > 0);
  REQUIRE(n_spikes > 0);
  std::cout << "golden Leaky cases: " << n_cases << ", " << n_spikes
            << " spikes; largest relative membrane error " << worst << '\n';
}
