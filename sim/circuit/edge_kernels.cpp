#include "sim/circuit/edge_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/circuit/edge_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace loci::sim::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using U = hn::ScalableTag<std::uint64_t>;
using V = hn::Vec<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());

template <std::size_t kDims, bool kPeriodic>
HWY_INLINE V squared_distances(const PointCloud& cloud, const V (&point)[kDims], std::size_t at) {
  const D d;
  V sum = hn::Zero(d);
  for (std::size_t k = 0; k < kDims; ++k) {
    V difference = hn::Abs(hn::Sub(point[k], hn::LoadU(d, cloud.coordinates[k] + at)));
    if constexpr (kPeriodic)
      difference = hn::Min(difference, hn::Sub(hn::Set(d, cloud.period[k]), difference));
    sum = hn::MulAdd(difference, difference, sum);
  }
  return sum;
}

// Stores the lanes of the mask one after another and returns how many. Whole vectors are stored, and the next
// over what is too much: masked stores are slow on some processors.
#if HWY_TARGET == HWY_AVX2

// For each mask of four lanes the halves of those that stay. (Highway 1.0's Compress copies its table for
// every vector.)
constexpr auto kept_halves = [] {
  std::array<std::array<std::uint32_t, 8>, 16> table{};
  for (std::uint32_t mask = 0; mask < 16; ++mask) {
    std::size_t n = 0;
    for (std::uint32_t lane = 0; lane < 4; ++lane)
      if ((mask >> lane & 1) != 0) {
        table[mask][2 * n] = 2 * lane;
        table[mask][2 * n + 1] = 2 * lane + 1;
        ++n;
      }
  }
  return table;
}();

HWY_INLINE std::size_t keep_near(hn::Mask<D> near, hn::Vec<U> places, V distances, std::uint64_t* place,
                                 double* squared) {
  const hn::Repartition<std::uint32_t, D> halves;
  std::uint8_t bits[8];
  hn::StoreMaskBits(D(), near, bits);
  const auto order = hn::SetTableIndices(halves, kept_halves[bits[0]].data());
  const auto keep = [&](auto values) { return hn::TableLookupLanes(hn::BitCast(halves, values), order); };
  hn::StoreU(hn::BitCast(U(), keep(places)), U(), place);
  hn::StoreU(hn::BitCast(D(), keep(distances)), D(), squared);
  return static_cast<std::size_t>(std::popcount(bits[0]));
}

#else

HWY_INLINE std::size_t keep_near(hn::Mask<D> near, hn::Vec<U> places, V distances, std::uint64_t* place,
                                 double* squared) {
  hn::StoreU(hn::Compress(places, hn::RebindMask(U(), near)), U(), place);
  hn::StoreU(hn::Compress(distances, near), D(), squared);
  return hn::CountTrue(D(), near);
}

#endif

// The last vector of a run may read beyond it: the cloud is padded, and lanes beyond the run are masked.
template <std::size_t kDims, bool kPeriodic>
std::size_t near_kernel(PointCloud cloud, const double* point, double squared_radius,
                        std::span<const CellOrder::Run> runs, std::uint64_t* place, double* squared) {
  const D d;
  const U u;
  V here[kDims];
  for (std::size_t k = 0; k < kDims; ++k) here[k] = hn::Set(d, point[k]);
  const V reach = hn::Set(d, squared_radius);
  const auto lanes = hn::Iota(u, 0);
  std::size_t n = 0;
  for (const CellOrder::Run& run : runs)
    for (std::size_t at = run.begin; at < run.end; at += n_lanes) {
      const V distance = squared_distances<kDims, kPeriodic>(cloud, here, at);
      auto near = hn::Le(distance, reach);
      if (run.end - at < n_lanes) near = hn::And(near, hn::FirstN(d, run.end - at));
      n += keep_near(near, hn::Add(lanes, hn::Set(u, at)), distance, place + n, squared + n);
    }
  return n;
}

template <std::size_t kDims>
std::size_t near_in_dims(const PointCloud& cloud, const double* point, double squared_radius,
                         std::span<const CellOrder::Run> runs, std::uint64_t* place, double* squared) {
  return cloud.period[0] > 0.0
             ? near_kernel<kDims, true>(cloud, point, squared_radius, runs, place, squared)
             : near_kernel<kDims, false>(cloud, point, squared_radius, runs, place, squared);
}

std::size_t find_kernel(const PointCloud& cloud, const double* point, double squared_radius,
                        std::span<const CellOrder::Run> runs, std::uint64_t* place, double* squared) {
  switch (cloud.dims) {
    case 1:
      return near_in_dims<1>(cloud, point, squared_radius, runs, place, squared);
    case 2:
      return near_in_dims<2>(cloud, point, squared_radius, runs, place, squared);
    default:
      return near_in_dims<3>(cloud, point, squared_radius, runs, place, squared);
  }
}

// Plain loops, of which compilers make vectors for each of the processors. Products and sums are not joined
// (-ffp-contract=off): an edge's delay is the same on all of them.
void roots_kernel(double* values, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) values[i] = std::sqrt(values[i]);
}

void delays_kernel(const DelayRule& rule, const double* distances, std::size_t n, std::uint32_t* delays) {
  const auto [base_ms, ms_per_distance, step_ms] = rule;
  for (std::size_t i = 0; i < n; ++i)
    // Halves up, of what is not negative; std::lround would make no vectors.
    delays[i] = static_cast<std::uint32_t>(  // NOLINTNEXTLINE(bugprone-incorrect-roundings)
        static_cast<std::int32_t>((base_ms + distances[i] * ms_per_distance) / step_ms + 0.5));
}

void inverse_kernel(double top, double floor, const double* distances, std::size_t n, double* values) {
  for (std::size_t i = 0; i < n; ++i) values[i] = top / (distances[i] > floor ? distances[i] : floor);
}

DelayRange range_kernel(const std::uint32_t* delays, std::size_t n) {
  std::uint32_t least = ~0U;
  std::uint32_t most = 0;
  for (std::size_t i = 0; i < n; ++i) {
    least = delays[i] < least ? delays[i] : least;
    most = delays[i] > most ? delays[i] : most;
  }
  return {least, most};
}

void keys_kernel(const EdgeKeys& keys, const std::uint32_t* places, const std::uint32_t* delays,
                 const double* weights, std::size_t n, std::uint32_t* key, std::uint16_t* low) {
  const EdgeKeys by = keys;  // cannot be one of the numbers that are written
  const PlaceRange* ranges = by.ranges.data();
  const std::uint32_t* offsets = by.offsets.data();
  const std::size_t n_shards = by.ranges.size();
  const auto name = [=](std::size_t i, std::uint32_t shard, std::uint32_t index) {
    const std::uint32_t kind = weights[i] < 0.0 ? by.negative : by.positive;
    key[i] =
        shard * by.per_shard + (delays[i] - by.least_delay) * by.per_delay + kind + (index >> low_index_bits);
    low[i] = static_cast<std::uint16_t>(index);
  };
  const std::uint32_t only = offsets[0];
  if (n_shards == 1)
    for (std::size_t i = 0; i < n; ++i) name(i, 0, places[i] + only);
  else
    for (std::size_t i = 0; i < n; ++i) {
      std::uint32_t shard = 0;
      while (shard + 1 < n_shards && places[i] >= ranges[shard + 1].begin) ++shard;
      name(i, shard, places[i] + offsets[shard]);
    }
}

}  // namespace loci::sim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::sim {

HWY_EXPORT(find_kernel);
HWY_EXPORT(roots_kernel);
HWY_EXPORT(delays_kernel);
HWY_EXPORT(inverse_kernel);
HWY_EXPORT(range_kernel);
HWY_EXPORT(keys_kernel);

std::size_t find_near(const PointCloud& cloud, const double* point, double squared_radius,
                      std::span<const CellOrder::Run> runs, std::uint64_t* place, double* squared) {
  return HWY_DYNAMIC_DISPATCH(find_kernel)(cloud, point, squared_radius, runs, place, squared);
}

void roots(std::span<double> squared) {
  HWY_DYNAMIC_DISPATCH(roots_kernel)(squared.data(), squared.size());
}

void delays_of(const DelayRule& rule, std::span<const double> distances, std::uint32_t* delays) {
  HWY_DYNAMIC_DISPATCH(delays_kernel)(rule, distances.data(), distances.size(), delays);
}

void delays_ms_of(const DelayRule& rule, std::span<const double> distances, double* delays_ms) {
  for (std::size_t i = 0; i < distances.size(); ++i)
    delays_ms[i] = rule.base_ms + distances[i] * rule.ms_per_distance;
}

void kernel_values(const DistanceKernel& kernel, double factor, std::span<const double> distances,
                   double* values) {
  const double amplitude = factor * kernel.amplitude;
  if (kernel.shape == KernelShape::constant) {
    std::fill_n(values, distances.size(), amplitude);
  } else if (kernel.shape == KernelShape::inverse_distance) {
    const double top = amplitude * kernel.length;
    HWY_DYNAMIC_DISPATCH(inverse_kernel)(top, kernel.floor, distances.data(), distances.size(), values);
  } else {
    for (std::size_t i = 0; i < distances.size(); ++i) values[i] = factor * kernel(distances[i]);
  }
}

DelayRange range_of(std::span<const std::uint32_t> delays) {
  return HWY_DYNAMIC_DISPATCH(range_kernel)(delays.data(), delays.size());
}

void keys_of(const EdgeKeys& keys, std::span<const std::uint32_t> places, const std::uint32_t* delays,
             const double* weights, std::uint32_t* key, std::uint16_t* low) {
  HWY_DYNAMIC_DISPATCH(keys_kernel)(keys, places.data(), delays, weights, places.size(), key, low);
}

}  // namespace loci::sim
#endif
