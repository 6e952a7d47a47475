// Sums over the spike trains of a panel of neurons (learning/train_table.hpp). Widths: 64 or 16 columns.
#pragma once

#include <cstddef>
#include <cstdint>

#include "learning/train_table.hpp"

namespace loci::learning {

// rows[j] = the table's row of a neuron under currents[j]; n: 64 or 16. Returns how many spikes these neurons
// have together.
std::uint64_t find_trains(const TrainTable& table, const float* currents, std::size_t n, std::uint16_t* rows);

// sums (table rows, width) += the weights (n, width) of each neuron to its train's row.
void add_by_train(const std::uint16_t* rows, std::size_t n, const float* weights, std::size_t width,
                  float* sums);

// currents (steps, width) += what each row's sum contributes at its spikes.
void add_train_currents(const TrainTable& table, const float* sums, std::size_t width, float* currents);

// sums (table rows, width) = the sum of deltas (steps, width) at each row's spikes.
void sum_by_train(const TrainTable& table, const float* deltas, std::size_t width, float* sums);

// weight_gradient (n, width) += the sum of each neuron's train.
void add_train_gradient(const std::uint16_t* rows, std::size_t n, const float* sums, std::size_t width,
                        float* weight_gradient);

}  // namespace loci::learning
