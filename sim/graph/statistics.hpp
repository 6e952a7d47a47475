// Distributions in a few numbers: moments and a histogram.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace loci::sim {

// Values one by one, and what they have in common: Welford's recurrence (1962), which equal values leave at a
// deviation of exactly 0; two are joined as by Chan, Golub and LeVeque (1979). Sums depend on the order.
class Moments {
 public:
  void add(double value);
  void add(const Moments& other);

  std::size_t n() const { return n_; }
  // Of all values, not estimated from a sample: the sd divides by n. 0 where there is none.
  double mean() const { return mean_; }
  double sd() const;
  double min() const { return n_ == 0 ? 0.0 : min_; }
  double max() const { return n_ == 0 ? 0.0 : max_; }
  // Each value times a factor, which is positive.
  Moments scaled(double factor) const;

 private:
  std::size_t n_ = 0;
  double mean_ = 0.0;
  double squares_ = 0.0;  // sum of squared deviations
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = -std::numeric_limits<double>::infinity();
};

// Bin b counts the values from low + b width up to below low + (b + 1) width; the last one has its end in it.
struct Histogram {
  double low = 0.0;
  double width = 1.0;
  std::vector<std::size_t> counts;

  void add(double value);
};

// Over whole numbers, as degrees are: at most n_bins bins of one whole width, from the smallest on.
Histogram whole_number_histogram(const Moments& values, std::size_t n_bins);
// n_bins bins from 0 to the largest value; one bin where that is 0.
Histogram histogram_from_zero(const Moments& values, std::size_t n_bins);

}  // namespace loci::sim
