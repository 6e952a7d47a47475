// Kernels against plain loops, and the accuracy of what stands in for divisions and roots.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "learning/distance_kernels.hpp"
#include "learning/input_block.hpp"
#include "learning/instruction_set.hpp"
#include "learning/lif_kernels.hpp"
#include "learning/surrogate.hpp"
#include "learning/train_kernels.hpp"
#include "tests/learning/support.hpp"

using namespace loci;
using namespace loci::learning;

namespace {

// Runs `check` with every instruction set that this machine has.
template <typename Check>
void on_every_instruction_set(const Check& check) {
  const std::string best = instruction_set();
  for (const auto& name : available_instruction_sets()) {
    INFO(name);
    choose_instruction_set(name);
    check();
  }
  choose_instruction_set(best);
}

AlignedFloats random_floats(std::size_t n, std::uint64_t seed) {
  AlignedFloats values(n);
  sim::fill_uniform(values, -1.0F, 1.0F, seed, sim::Stream::test, 5);
  return values;
}

// Left out with probability `dark`.
test::ArrayBatch image_batch(std::size_t n_samples, std::size_t n_inputs, double dark) {
  test::ArrayBatch batch;
  batch.n_inputs = n_inputs;
  batch.targets.assign(n_samples, 0);
  const auto values = random_floats(2 * n_samples * n_inputs, 9);
  for (std::size_t at = 0; at < n_samples * n_inputs; ++at)
    batch.input.push_back(values[2 * at] * 0.5F + 0.5F < dark ? 0.0
                                                              : static_cast<double>(values[2 * at + 1]));
  return batch;
}

}  // namespace

TEST_CASE("one divided by a distance is within 2^-20 of the truth at any distance") {
  on_every_instruction_set([] {
    const float factor = 1.0F;
    const float origin = 0.0F;
    for (float distance = 1e-5F; distance < 1e6F; distance *= 1.37F) {
      AlignedFloats lanes(narrow_panel);
      for (std::size_t j = 0; j < lanes.size(); ++j)
        lanes[j] = distance * (1 + 0.02F * static_cast<float>(j));
      AlignedFloats weights(narrow_panel);
      weight_tile({.row_positions = &origin,
                   .lane_positions = lanes.data(),
                   .factor = &factor,
                   .reach = nullptr,
                   .mean = nullptr,
                   .n_rows = 1,
                   .n_coordinates = 1,
                   .width = narrow_panel,
                   .base = 0.0F},
                  weights.data());
      for (std::size_t j = 0; j < lanes.size(); ++j)
        CHECK(std::abs(weights[j] * static_cast<double>(lanes[j]) - 1.0) < 0x1p-20);
    }
  });
}

TEST_CASE("surrogate derivatives without division are within 2^-19 of the truth") {
  on_every_instruction_set([] {
    for (const auto surrogate : {Surrogate::atan, Surrogate::fast_sigmoid, Surrogate::sigmoid,
                                 Surrogate::triangular, Surrogate::straight_through})
      for (const double slope : {0.5, 2.0, 25.0}) {
        INFO(name_of(surrogate) << ' ' << slope);
        const LifKernel lif = lif_kernel({}, {.surrogate = surrogate, .slope = slope});
        for (float first = -3.0F; first < 5.0F; first += 0.37F) {
          // One step from rest: U = I.
          AlignedFloats currents(narrow_panel);
          for (std::size_t j = 0; j < currents.size(); ++j)
            currents[j] = first + 0.021F * static_cast<float>(j);
          AlignedFloats derivatives(narrow_panel);
          lif_constant_sensitivities(lif, {currents.data(), narrow_panel, 1}, derivatives.data());
          for (std::size_t j = 0; j < currents.size(); ++j) {
            const double x = static_cast<double>(currents[j]) - 1.0;
            const double truth = surrogate_derivative(surrogate, slope, x);
            // x itself is rounded by half a unit in the last place of U, which a steep slope multiplies.
            const double rounding = slope * 0x1p-24 * (std::abs(x) + 1.0);
            CHECK(std::abs(derivatives[j] - truth) <= truth * (0x1p-19 + 4 * rounding) + slope * rounding);
          }
        }
      }
  });
}

namespace {

constexpr std::size_t n_images = 37;
constexpr std::size_t n_pixels = 229;  // odd: the last has no neighbour to be paired with

void check_input_product(const test::ArrayBatch& batch, const InputBlock& block, std::size_t width) {
  const PanelLayout panels(n_pixels);
  std::vector<std::uint32_t> near(panels.size());
  std::iota(near.begin(), near.end(), 0U);
  const auto weights = random_floats(panels.padded() * width, 3);
  AlignedFloats product(n_images * width);
  input_product(block, panels, near, weights.data(), width, product.data());
  for (std::size_t s = 0; s < n_images; ++s)
    for (std::size_t j = 0; j < width; ++j) {
      double sum = 0.0;
      for (std::size_t i = 0; i < n_pixels; ++i)
        sum += batch.input[s * n_pixels + i] * weights[i * width + j];
      // 229 products of at most 1, each rounded: 229 x 2^-24 at the very most.
      CHECK(std::abs(product[s * width + j] - sum) < 229 * 0x1p-24 * 4);
    }
}

// With the means subtracted in all columns but the last three, which are padding then.
void check_input_gradient(const test::ArrayBatch& batch, const InputBlock& block, std::size_t width,
                          bool centred) {
  const PanelLayout panels(n_pixels);
  const auto deltas = random_floats(n_images * width, 4);
  const auto means = random_floats(n_images, 5);
  const std::size_t n_filled = width - 3;
  AlignedFloats copied(n_images * width);
  copy_deltas({deltas.data(), centred ? means.data() : nullptr, n_images, width, n_filled}, block.paired,
              copied.data());
  AlignedFloats gradient(panels.padded() * width);
  for (std::size_t q = 0; q < panels.size(); ++q)
    input_gradient(block, panels, q, copied.data(), width, gradient.data() + panels[q].begin * width);
  for (std::size_t i = 0; i < n_pixels; ++i)
    for (std::size_t j = 0; j < width; ++j) {
      double sum = 0.0;
      for (std::size_t s = 0; s < n_images; ++s) {
        const double delta = deltas[s * width + j] - (centred ? means[s] : 0.0);
        sum += centred && j >= n_filled ? 0.0 : batch.input[s * n_pixels + i] * delta;
      }
      CHECK(std::abs(gradient[i * width + j] - sum) < 37 * 0x1p-24 * (centred ? 8 : 4));
    }
  for (std::size_t at = n_pixels * width; at < gradient.size(); ++at) CHECK(gradient[at] == 0.0F);
}

}  // namespace

TEST_CASE("inputs multiply alike as sparse rows, in pairs and as dense rows") {
  on_every_instruction_set([] {
    for (const double dark : {0.0, 0.3, 0.5, 0.95, 1.0}) {
      const auto batch = image_batch(n_images, n_pixels, dark);
      InputBuilder builder;
      InputBlock block;
      block.n_samples = n_images;
      for (const auto by_input : {ByInput::columns, ByInput::pairs}) {
        builder.build(batch, {PanelLayout(n_pixels), {}}, 1, by_input, block);
        CHECK(block.dense == (1 - dark > densest_sparse));
        CHECK(block.paired == (!block.dense && by_input == ByInput::pairs));
        for (const std::size_t width : {narrow_panel, wide_panel}) {
          INFO(dark << ' ' << width << ' ' << block.paired);
          check_input_product(batch, block, width);
          check_input_gradient(batch, block, width, false);
          check_input_gradient(batch, block, width, true);
        }
      }
    }
  });
}

namespace {

constexpr std::size_t n_spike_rows = 131;

// Words of two panels, each spike there with probability `share`.
std::vector<std::uint64_t> random_spikes(double share) {
  std::vector<std::uint64_t> words(2 * n_spike_rows);
  const auto chance = random_floats(words.size() * wide_panel, 6);
  std::uint64_t n_spikes = 0;
  for (std::size_t at = 0; at < chance.size(); ++at) {
    const bool spikes = chance[at] * 0.5F + 0.5F < share;
    n_spikes += spikes ? 1 : 0;
    words[at / 64] |= std::uint64_t{spikes} << at % 64;
  }
  CHECK(count_spikes(words) == n_spikes);
  return words;
}

bool spiked(const std::vector<std::uint64_t>& words, std::size_t row, std::size_t neuron) {
  return (words[neuron / wide_panel * n_spike_rows + row] >> neuron % wide_panel & 1) != 0;
}

void check_spike_product(const std::vector<std::uint64_t>& words, std::size_t width, bool accumulate) {
  const auto weights = random_floats(2 * wide_panel * width, 7);
  const SpikeSource sources[] = {
      {words.data(), weights.data(), wide_panel},
      {words.data() + n_spike_rows, weights.data() + wide_panel * width, wide_panel}};
  AlignedFloats results(n_spike_rows * width, 0.5F);
  spike_product(sources, n_spike_rows, width, accumulate, results.data());
  for (std::size_t row = 0; row < n_spike_rows; ++row)
    for (std::size_t j = 0; j < width; ++j) {
      double sum = accumulate ? 0.5 : 0.0;
      for (std::size_t i = 0; i < 2 * wide_panel; ++i)
        if (spiked(words, row, i)) sum += weights[i * width + j];
      CHECK(std::abs(results[row * width + j] - sum) < 129 * 0x1p-24 * 16);
    }
}

void check_spike_gradient(const std::vector<std::uint64_t>& words, std::size_t width) {
  const auto deltas = random_floats(n_spike_rows * width, 8);
  AlignedFloats gradient(wide_panel * width, 0.25F);
  spike_gradient(words.data(), n_spike_rows, deltas.data(), width, gradient.data());
  for (std::size_t i = 0; i < wide_panel; ++i)
    for (std::size_t j = 0; j < width; ++j) {
      double sum = 0.25;
      for (std::size_t row = 0; row < n_spike_rows; ++row)
        if (spiked(words, row, i)) sum += deltas[row * width + j];
      CHECK(std::abs(gradient[i * width + j] - sum) < 132 * 0x1p-24 * 16);
    }
}

}  // namespace

TEST_CASE("spikes multiply as rows of zeros and ones do") {
  on_every_instruction_set([] {
    for (const double share : {0.0, 0.02, 0.3, 1.0})
      for (const std::size_t width : {narrow_panel, wide_panel}) {
        INFO(share << ' ' << width);
        const auto words = random_spikes(share);
        check_spike_product(words, width, false);
        check_spike_product(words, width, true);
        check_spike_gradient(words, width);
      }
  });
}

namespace {

std::vector<LifKernel> every_reset(float beta) {
  std::vector<LifKernel> kernels;
  for (const auto reset : {sim::Reset::subtract, sim::Reset::zero, sim::Reset::none})
    for (const bool delayed : {true, false})
      kernels.push_back({beta, 1.0F, reset, delayed, Surrogate::atan, 0.5F});
  return kernels;
}

// Currents on both sides of every train's lowest, at random, and at the ends of what floats can say.
AlignedFloats telling_currents(const TrainTable& table) {
  AlignedFloats currents = {-0.0F, 0.0F, -1e35F, 1e35F, std::numeric_limits<float>::quiet_NaN()};
  const float* from = table.index().from;
  for (std::size_t train = 1; train + TrainTable::lowest_rows <= table.n_rows(); ++train)
    for (const float towards : {-1e30F, 1e30F}) {
      currents.push_back(from[train]);
      currents.push_back(std::nextafter(from[train], towards));
    }
  for (const float value : random_floats(500, 3)) currents.push_back(0.5F + value);
  currents.resize((currents.size() + wide_panel - 1) / wide_panel * wide_panel);
  return currents;
}

// Word t of the panel's spikes as the table tells them.
std::vector<std::uint64_t> words_of(const TrainTable& table, std::span<const std::uint16_t> rows) {
  std::vector<std::uint64_t> words(table.n_steps());
  for (std::size_t j = 0; j < rows.size(); ++j)
    for (std::size_t row = 0; row <= rows[j]; ++row)
      for (const auto& toggle : table.toggles(row)) words[toggle.step] ^= std::uint64_t{1} << j;
  return words;
}

}  // namespace

TEST_CASE("there are as many trains as worked out by hand") {
  // Two steps: U[1] = I and U[2] = 1.95 I - 1{I > 1}, so that trains change at 1 / 1.95, 1 and 2 / 1.95.
  const TrainTable two({0.95F, 1.0F, sim::Reset::subtract, true, Surrogate::atan, 0.5F}, 2);
  REQUIRE(two.n_rows() == 4 + TrainTable::lowest_rows - 1);
  const float* from = two.index().from;
  CHECK(from[1] == Approx(1 / 1.95));
  CHECK(from[2] == Approx(1));
  CHECK(from[3] == Approx(2 / 1.95));
  CHECK(two.toggles(TrainTable::lowest_rows + 1).size() == 2);
  // Without memory a neuron always or never spikes; without a reset it goes on once it has begun.
  CHECK(TrainTable({0.0F, 1.0F, sim::Reset::none, true, Surrogate::atan, 0.5F}, 30).n_rows() ==
        2 + TrainTable::lowest_rows - 1);
  CHECK(TrainTable({0.9F, 1.0F, sim::Reset::none, true, Surrogate::atan, 0.5F}, 30).n_rows() ==
        31 + TrainTable::lowest_rows - 1);
  CHECK(TrainTable({0.95F, 1.0F, sim::Reset::subtract, true, Surrogate::atan, 0.5F}, 300).empty());
}

TEST_CASE("every current finds the train that its neuron fires") {
  on_every_instruction_set([] {
    for (const float beta : {0.0F, 0.7F, 0.95F, 1.0F})
      for (const LifKernel& lif : every_reset(beta))
        for (const std::size_t n_steps : {1, 9, 40}) {
          INFO(beta << ' ' << name_of(lif.reset) << ' ' << lif.reset_delay << ' ' << n_steps);
          const TrainTable table(lif, n_steps);
          REQUIRE_FALSE(table.empty());
          const AlignedFloats currents = telling_currents(table);
          std::vector<std::uint16_t> rows(wide_panel);
          std::vector<std::uint64_t> expected(n_steps);
          for (std::size_t first = 0; first < currents.size(); first += wide_panel) {
            const auto n_spikes = find_trains(table, currents.data() + first, wide_panel, rows.data());
            lif_constant_forward(lif, {currents.data() + first, wide_panel, n_steps}, expected.data());
            REQUIRE(words_of(table, rows) == expected);
            REQUIRE(n_spikes == count_spikes(expected));
          }
        }
  });
}

namespace {

constexpr std::size_t n_train_steps = 25;

// The panel's spikes step by step, and as rows of the table.
struct TrainPanel {
  TrainTable table{{0.95F, 1.0F, sim::Reset::subtract, true, Surrogate::atan, 0.5F}, n_train_steps};
  std::vector<std::uint16_t> rows = std::vector<std::uint16_t>(wide_panel);
  std::vector<std::uint64_t> words = std::vector<std::uint64_t>(n_train_steps);

  TrainPanel() {
    AlignedFloats drive = random_floats(wide_panel, 17);
    for (float& current : drive) current = 0.4F + 0.6F * current;
    REQUIRE(find_trains(table, drive.data(), wide_panel, rows.data()) > 100);
    words = words_of(table, rows);
  }
};

}  // namespace

TEST_CASE("currents summed over trains are those of their spikes") {
  on_every_instruction_set([] {
    const TrainPanel panel;
    for (const std::size_t width : {wide_panel, narrow_panel}) {
      INFO(width);
      const AlignedFloats weights = random_floats(wide_panel * width, 18);
      AlignedFloats sums(panel.table.n_rows() * width);
      AlignedFloats currents = random_floats(n_train_steps * width, 19);
      AlignedFloats expected = currents;
      add_by_train(panel.rows.data(), wide_panel, weights.data(), width, sums.data());
      add_train_currents(panel.table, sums.data(), width, currents.data());
      spike_product(std::vector<SpikeSource>{{panel.words.data(), weights.data(), wide_panel}}, n_train_steps,
                    width, true, expected.data());
      CHECK(test::largest_relative_error<float, float>(currents, expected) < 3e-6);
    }
  });
}

TEST_CASE("gradients summed over trains are those of their spikes") {
  on_every_instruction_set([] {
    const TrainPanel panel;
    for (const std::size_t width : {wide_panel, narrow_panel}) {
      INFO(width);
      const AlignedFloats deltas = random_floats(n_train_steps * width, 20);
      AlignedFloats sums(panel.table.n_rows() * width);
      AlignedFloats gradient = random_floats(wide_panel * width, 21);
      AlignedFloats expected = gradient;
      sum_by_train(panel.table, deltas.data(), width, sums.data());
      add_train_gradient(panel.rows.data(), wide_panel, sums.data(), width, gradient.data());
      spike_gradient(panel.words.data(), n_train_steps, deltas.data(), width, expected.data());
      CHECK(test::largest_relative_error<float, float>(gradient, expected) < 3e-6);
    }
  });
}
