// Names and numbers of the raster layout that its writer and reader share.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace loci::io {

enum SonataSorting : std::uint8_t { sorting_none = 0, sorting_by_id = 1, sorting_by_time = 2 };

// SONATA's readers refuse this attribute as text: it has to be an enumeration.
inline const std::array<std::pair<std::string, std::uint8_t>, 3>& sonata_sortings() {
  static const std::array<std::pair<std::string, std::uint8_t>, 3> members{
      {{"none", sorting_none}, {"by_id", sorting_by_id}, {"by_time", sorting_by_time}}};
  return members;
}

// What no spike has: a reader of a killed writer's file knows by it where the written rows end.
inline constexpr double unwritten_time = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::uint64_t unwritten_id = std::numeric_limits<std::uint64_t>::max();

}  // namespace loci::io
