// loci-bench products: the first layer's matrix products beside OpenBLAS's, from dark to fully lit inputs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/commands.hpp"
#include "bench/fma_peak.hpp"
#include "bench/input_products.hpp"
#include "bench/workload.hpp"
#include "cli/options.hpp"
#include "sim/random.hpp"

namespace loci::bench {
namespace {

struct ProductsOptions {
  WorkloadOptions workload;
  std::vector<double> densities{0.05, 0.1, 0.19, 0.3, 0.5, 0.6, 0.75, 1.0};
  std::uint64_t rounds = 9;
};

// Streams of numbers beside each other under Stream::test.
enum Draw : std::uint32_t { weight_draw, delta_draw, value_draw, lit_draw };

std::vector<float> uniform(std::size_t n, float low, std::uint64_t seed, Draw draw) {
  std::vector<float> values(n);
  sim::fill_uniform(values, low, 1.0F, seed, sim::Stream::test, draw);
  return values;
}

template <typename Function>
double seconds_of(const Function& function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Sums of n products in any order, with or without fused multiply-adds: |error| <= n eps/2 sum |x y| each
// (Higham 2002, section 3.1), and so at most n eps sum |x y| between two.
double agreement_bound(std::size_t n_products) {
  return static_cast<double>(n_products) * static_cast<double>(std::numeric_limits<float>::epsilon());
}

// Largest difference relative to the sum of magnitudes.
double largest_difference(std::span<const float> ours, std::span<const float> theirs,
                          std::span<const float> magnitudes) {
  double largest = 0.0;
  for (std::size_t at = 0; at < theirs.size(); ++at) {
    const double difference = std::abs(static_cast<double>(ours[at]) - static_cast<double>(theirs[at]));
    if (difference > 0.0) largest = std::max(largest, difference / static_cast<double>(magnitudes[at]));
    if (!(difference < std::numeric_limits<double>::infinity()))
      return std::numeric_limits<double>::infinity();
  }
  return largest;
}

std::vector<float> magnitudes_of(std::span<const float> values) {
  std::vector<float> magnitudes(values.begin(), values.end());
  for (float& value : magnitudes) value = std::abs(value);
  return magnitudes;
}

// What all inputs are multiplied with.
struct Factors {
  ProductShape shape;
  std::vector<float> weights;  // (n_inputs, n_outputs)
  std::vector<float> deltas;   // (n_samples, n_outputs)
};

// One matrix of inputs, through OpenBLAS and through both forms of ours.
class Case {
 public:
  Case(std::string name, std::vector<float> inputs, const Factors& factors, const Blas& blas)
      : name_(std::move(name)),
        inputs_(std::move(inputs)),
        factors_(factors),
        blas_(blas),
        currents_(factors.shape.n_samples * factors.shape.n_outputs),
        weight_gradient_(factors.weights.size()),
        built_(inputs_, factors.shape),
        products_(inputs_, factors.shape),
        panel_weights_(products_.weights(factors.weights)),
        panel_deltas_(products_.deltas(factors.deltas)),
        panel_currents_(products_.currents()) {
    products_.make_both();
  }

  // Throws std::runtime_error where a form of ours and OpenBLAS disagree.
  void check() {
    const auto& shape = factors_.shape;
    auto currents = currents_;
    auto gradient = weight_gradient_;
    const auto magnitudes = magnitudes_of(inputs_);
    blas_.product(shape, magnitudes, magnitudes_of(factors_.weights), currents);
    blas_.gradient(shape, magnitudes, magnitudes_of(factors_.deltas), gradient);
    run_blas_product();
    run_blas_gradient();
    for (const bool dense : {false, true}) {
      products_.force(dense);
      products_.product(panel_weights_, panel_currents_);
      const std::string form = dense ? "dense" : "sparse";
      note(form + "_product", largest_difference(panel_currents_.plain(shape.n_samples), currents_, currents),
           agreement_bound(shape.n_inputs));
      note(form + "_gradient",
           largest_difference(products_.weight_gradient(panel_deltas_), weight_gradient_, gradient),
           agreement_bound(shape.n_samples));
    }
  }

  void time_round() {
    take("build", [&] { built_.build(); });
    take("blas_product", [&] { run_blas_product(); });
    products_.force(false);
    take("sparse_product", [&] { products_.product(panel_weights_, panel_currents_); });
    products_.force(true);
    take("dense_product", [&] { products_.product(panel_weights_, panel_currents_); });
    take("blas_gradient", [&] { run_blas_gradient(); });
    products_.force(false);
    take("sparse_gradient", [&] { products_.gradient(panel_deltas_); });
    products_.force(true);
    take("dense_gradient", [&] { products_.gradient(panel_deltas_); });
  }

  nlohmann::json report() const {
    const auto n_lit = inputs_.size() - static_cast<std::size_t>(std::ranges::count(inputs_, 0.0F));
    return {{"name", name_},
            {"density", static_cast<double>(n_lit) / static_cast<double>(inputs_.size())},
            {"blocks", built_.n_blocks()},
            {"blocks_chosen_dense", built_.n_dense()},
            {"largest_difference", differences_},
            {"seconds", seconds_}};
  }

 private:
  void run_blas_product() { blas_.product(factors_.shape, inputs_, factors_.weights, currents_); }
  void run_blas_gradient() { blas_.gradient(factors_.shape, inputs_, factors_.deltas, weight_gradient_); }

  template <typename Function>
  void take(const char* what, const Function& function) {
    seconds_[what].push_back(seconds_of(function));
  }

  void note(const std::string& what, double difference, double bound) {
    if (!(difference <= bound))
      throw std::runtime_error(
          fmt::format("{}, {}: differs from OpenBLAS by {:.2e} of the sum of magnitudes, bound {:.2e}; "
                      "nothing was timed",
                      name_, what, difference, bound));
    differences_[what] = difference;
  }

  std::string name_;
  std::vector<float> inputs_;  // (n_samples, n_inputs)
  const Factors& factors_;
  const Blas& blas_;
  std::vector<float> currents_;
  std::vector<float> weight_gradient_;
  InputProducts built_;     // with the form that is chosen
  InputProducts products_;  // with both
  PanelMatrix panel_weights_;
  PanelMatrix panel_deltas_;
  PanelMatrix panel_currents_;
  nlohmann::json differences_;
  std::map<std::string, std::vector<double>> seconds_;
};

// Every pixel lit with this probability, to a value above 0.
std::vector<float> random_inputs(std::size_t n, double density, std::uint64_t seed) {
  auto values = uniform(n, 0.0F, seed, value_draw);
  const auto lit = uniform(n, 0.0F, seed, lit_draw);
  for (std::size_t at = 0; at < n; ++at)
    values[at] = static_cast<double>(lit[at]) < density ? 1.0F - values[at] : 0.0F;
  return values;
}

std::vector<float> image_inputs(const sim::LabelledImages& images) {
  std::vector<float> values;
  values.reserve(images.pixels.size());
  for (const std::uint8_t pixel : images.pixels) values.push_back(static_cast<float>(pixel) / 255.0F);
  return values;
}

nlohmann::json products(const ProductsOptions& options) {
  const Workload workload = load_workload(options.workload);
  const std::uint64_t seed = workload.config.seed;
  const ProductShape shape{workload.images.size(), workload.images.n_pixels(),
                           workload.plan.network.sizes[1]};
  const Factors factors{.shape = shape,
                        .weights = uniform(shape.n_inputs * shape.n_outputs, -1.0F, seed, weight_draw),
                        .deltas = uniform(shape.n_samples * shape.n_outputs, -1.0F, seed, delta_draw)};
  const Blas blas;
  std::vector<std::unique_ptr<Case>> cases;
  cases.push_back(std::make_unique<Case>(workload.images.name, image_inputs(workload.images), factors, blas));
  for (const double density : options.densities)
    cases.push_back(std::make_unique<Case>(
        "random", random_inputs(shape.n_samples * shape.n_inputs, density, seed), factors, blas));
  for (auto& one : cases) one->check();
  double operations = run_multiply_adds();
  std::vector<double> peak_seconds;
  for (std::uint64_t round = 0; round < options.rounds; ++round) {
    peak_seconds.push_back(seconds_of([&] { operations = run_multiply_adds(); }));
    for (auto& one : cases) one->time_round();
  }
  auto json = identity(workload, 1);
  json["openblas"] = blas.name();
  json["shape"] = {shape.n_samples, shape.n_inputs, shape.n_outputs};
  json["operations"] = shape.flops();
  json["bounds"] = {{"product", agreement_bound(shape.n_inputs)},
                    {"gradient", agreement_bound(shape.n_samples)}};
  json["densest_sparse"] = learning::densest_sparse;
  json["multiply_adds"] = {{"operations", operations}, {"seconds", peak_seconds}};
  for (const auto& one : cases) json["cases"].push_back(one->report());
  return json;
}

}  // namespace

void add_products(CLI::App& app, Action& action) {
  auto options = std::make_shared<ProductsOptions>();
  CLI::App* command = app.add_subcommand(
      "products", "Time the first layer's matrix products beside OpenBLAS's, on one thread");
  add_workload_options(*command, options->workload);
  command->add_option("--densities", options->densities, "shares of random pixels that are lit")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--rounds", options->rounds, "times that everything is measured, in turn")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return products(*options); }; });
}

}  // namespace loci::bench
