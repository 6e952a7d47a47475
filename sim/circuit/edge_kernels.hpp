// The arithmetic of edges from positions, several at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/circuit/circuit.hpp"
#include "sim/circuit/placement.hpp"
#include "sim/circuit/shards.hpp"

namespace loci::sim {

// Coordinates by place, and the size of a periodic space (0: open).
struct PointCloud {
  std::array<const double*, 3> coordinates;
  std::array<double, 3> period;
  std::size_t dims;
};

// Writes the places of the runs' points no farther than the radius, and their squared distances (those of
// squared_distance(), to the rounding of a multiply-add). Both need room for all points of the runs and a
// vector more. Returns how many there are.
std::size_t find_near(const PointCloud& cloud, const double* point, double squared_radius,
                      std::span<const CellOrder::Run> runs, std::uint64_t* place, double* squared);

// Delays in steps of edges of these lengths: (base + length / velocity) / step to the nearest integer, halves
// up. The one place where a distance becomes a delay.
struct DelayRule {
  double base_ms;
  double ms_per_distance;
  double step_ms;
};
void delays_of(const DelayRule& rule, std::span<const double> distances, std::uint32_t* delays);
// The same in ms, before they are rounded.
void delays_ms_of(const DelayRule& rule, std::span<const double> distances, double* delays_ms);

// distances[i] = sqrt(squared[i]), in place; weights by the kernel, times `factor`.
void roots(std::span<double> squared);
void kernel_values(const DistanceKernel& kernel, double factor, std::span<const double> distances,
                   double* values);

// The shortest and the longest of delays; the largest number and 0 where there is none.
struct DelayRange {
  std::uint32_t least;
  std::uint32_t most;
};
DelayRange range_of(std::span<const std::uint32_t> delays);

inline constexpr std::uint32_t low_index_bits = 16;

// What edges are sorted by when they are stored: those of one key arrive in one shard, together, at indices
// whose upper bits are the same.
struct EdgeKeys {
  std::span<const PlaceRange> ranges;      // (n_shards) places of the target population
  std::span<const std::uint32_t> offsets;  // (n_shards) from places to indices, modulo 2^32
  std::uint32_t per_shard;                 // keys
  std::uint32_t per_delay;                 // keys
  std::uint32_t least_delay;
  std::uint32_t positive;  // what the sign of its weight adds to a key
  std::uint32_t negative;
};
// Keys of edges, and the lower bits of the index of each target.
void keys_of(const EdgeKeys& keys, std::span<const std::uint32_t> places, const std::uint32_t* delays,
             const double* weights, std::uint32_t* key, std::uint16_t* low);

}  // namespace loci::sim
