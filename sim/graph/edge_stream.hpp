// The edges of a graph one after another, row by row, as Boost's constructor of sorted edges takes them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/graph/neuron_graph.hpp"

namespace loci::sim {

struct RowEdge {
  Vertex target = 0;
  GraphEdge edge;
};

// Puts into `row` the edges of a source, in any order.
using ReadRow = std::function<void(Vertex source, std::vector<RowEdge>& row)>;

// The rows of all sources one after another. Boost's constructor reads every edge and its property once, so
// no list of them all needs to exist beside the graph.
class EdgeStream {
 public:
  EdgeStream(std::size_t n_neurons, const ReadRow& read) : n_neurons_(n_neurons), read_(read) { next_row(0); }

  bool done() const { return source_ == n_neurons_; }
  std::pair<Vertex, Vertex> ends() const { return {static_cast<Vertex>(source_), row_[at_].target}; }
  const GraphEdge& edge() const { return row_[at_].edge; }
  void advance() {
    if (++at_ == row_.size()) next_row(source_ + 1);
  }

 private:
  void next_row(std::size_t source) {
    at_ = 0;
    row_.clear();
    for (source_ = source; source_ < n_neurons_; ++source_) {
      read_(static_cast<Vertex>(source_), row_);
      if (!row_.empty()) break;
    }
    std::ranges::sort(row_, {}, [](const RowEdge& each) {
      return std::tuple(each.target, each.edge.delay, each.edge.weight);
    });
  }

  std::size_t n_neurons_;
  const ReadRow& read_;
  std::size_t source_ = 0;
  std::size_t at_ = 0;
  std::vector<RowEdge> row_;
};

// Both run over one stream, which the first of them moves on.
class EndsIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = std::pair<Vertex, Vertex>;
  using difference_type = std::ptrdiff_t;
  using pointer = const value_type*;
  using reference = const value_type&;

  explicit EndsIterator(EdgeStream* stream = nullptr) : stream_(stream) {
    if (!at_end()) ends_ = stream_->ends();
  }
  reference operator*() const { return ends_; }
  pointer operator->() const { return &ends_; }
  EndsIterator& operator++() {
    stream_->advance();
    if (!at_end()) ends_ = stream_->ends();
    return *this;
  }
  bool operator==(const EndsIterator& other) const { return at_end() == other.at_end(); }

 private:
  bool at_end() const { return stream_ == nullptr || stream_->done(); }

  EdgeStream* stream_;
  value_type ends_;
};

class PropertyIterator {
 public:
  explicit PropertyIterator(const EdgeStream& stream) : stream_(&stream) {}
  const GraphEdge& operator*() const { return stream_->edge(); }
  PropertyIterator& operator++() { return *this; }

 private:
  const EdgeStream* stream_;
};

}  // namespace loci::sim
