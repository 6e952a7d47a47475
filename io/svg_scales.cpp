// Colours and ticks of figures.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "io/svg_figure.hpp"

namespace loci::io {

std::string_view palette_colour(std::size_t index) {
  static constexpr std::array<std::string_view, 8> colours{"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                                           "#d55e00", "#56b4e9", "#000000", "#f0e442"};
  return colours[index % colours.size()];
}

namespace {

using Rgb = std::array<double, 3>;
// Colours of viridis (van der Walt, Smith 2015), an eighth apart.
constexpr std::array<Rgb, 9> viridis{{{68, 1, 84},
                                      {71, 44, 122},
                                      {59, 81, 139},
                                      {44, 113, 142},
                                      {33, 144, 141},
                                      {39, 173, 129},
                                      {92, 200, 99},
                                      {170, 220, 50},
                                      {253, 231, 37}}};
// The report's on a light ground, a quarter apart.
constexpr std::array<Rgb, 5> from_ground{
    {{226, 230, 224}, {172, 213, 188}, {84, 179, 187}, {34, 114, 176}, {26, 36, 106}}};

}  // namespace

std::string scale_colour(double value, ColourScale scale) {
  const std::span<const Rgb> stops =
      scale == ColourScale::viridis ? std::span<const Rgb>(viridis) : std::span<const Rgb>(from_ground);
  const double at =
      std::clamp(std::isfinite(value) ? value : 0.0, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const std::size_t below = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  const double part = at - static_cast<double>(below);
  std::array<int, 3> rgb{};
  for (std::size_t k = 0; k < 3; ++k)
    rgb[k] = static_cast<int>(std::lround(stops[below][k] + part * (stops[below + 1][k] - stops[below][k])));
  return fmt::format("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]);
}

std::vector<double> round_ticks(double low, double high, std::size_t n) {
  if (!(high > low) || n == 0) return {};
  const double wanted = (high - low) / static_cast<double>(n);
  const double decade = std::pow(10.0, std::floor(std::log10(wanted)));
  double step = 10.0 * decade;
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * decade >= wanted * (1.0 - 1e-9)) {
      step = factor * decade;
      break;
    }
  std::vector<double> ticks;
  const double slack = 1e-9 * (high - low);
  for (double k = std::ceil((low - slack) / step); k * step <= high + slack; ++k)
    ticks.push_back(k == 0.0 ? 0.0 : k * step);
  return ticks;
}

std::vector<double> log_ticks(double low, double high) {
  std::vector<double> ticks;
  for (double decade = std::pow(10.0, std::floor(std::log10(low))); decade <= high; decade *= 10.0)
    for (const double factor : {1.0, 2.0, 5.0})
      if (factor * decade >= low * (1.0 - 1e-9) && factor * decade <= high * (1.0 + 1e-9))
        ticks.push_back(factor * decade);
  return ticks.size() < 3 ? round_ticks(low, high, 5) : ticks;
}

}  // namespace loci::io
