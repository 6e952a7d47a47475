// How the neurons of a circuit are shared out among threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace loci::sim {

// Places [begin, end) of a population.
struct PlaceRange {
  std::uint32_t begin;
  std::uint32_t end;
};

// Each shard has a run of every population's places. Its neurons lie in one array, population by population,
// each from a multiple of 8 on, and are counted from the array's begin: their index.
class Shards {
 public:
  // sizes: of the populations. Runs are multiples of 64 places, but for the last.
  Shards(std::span<const std::size_t> sizes, std::size_t n_shards);

  std::size_t size() const { return n_; }
  const PlaceRange& range(std::size_t population, std::size_t shard) const {
    return ranges_[population * n_ + shard];
  }
  // Of all shards.
  std::span<const PlaceRange> ranges(std::size_t population) const {
    return std::span(ranges_).subspan(population * n_, n_);
  }
  // From a population's places to indices of each shard, modulo 2^32.
  std::span<const std::uint32_t> offsets(std::size_t population) const {
    return std::span(offset_).subspan(population * n_, n_);
  }
  // The index of the first place of the range.
  std::uint32_t begin(std::size_t population, std::size_t shard) const {
    return begin_[population * n_ + shard];
  }
  // Indices of a shard, with what pads them.
  std::uint32_t n_indices(std::size_t shard) const { return n_indices_[shard]; }
  std::uint32_t most_indices() const;

  // From places of a population to shards and indices.
  class Map {
   public:
    std::uint32_t shard_of(std::uint32_t place) const { return shard_[place / unit]; }
    std::uint32_t index_of(std::uint32_t place, std::size_t shard) const { return place + offset_[shard]; }

   private:
    friend class Shards;
    Map(const std::uint16_t* shard, const std::uint32_t* offset) : shard_(shard), offset_(offset) {}

    const std::uint16_t* shard_;
    const std::uint32_t* offset_;
  };
  Map map(std::size_t population) const {
    return {shard_[population].data(), offset_.data() + population * n_};
  }

 private:
  static constexpr std::uint32_t unit = 64;

  std::size_t n_;
  std::vector<PlaceRange> ranges_;     // (populations, shards)
  std::vector<std::uint32_t> begin_;   // (populations, shards)
  std::vector<std::uint32_t> offset_;  // (populations, shards): from place to index, modulo 2^32
  std::vector<std::uint32_t> n_indices_;
  std::vector<std::vector<std::uint16_t>> shard_;  // by population, of each unit of places
};

}  // namespace loci::sim
