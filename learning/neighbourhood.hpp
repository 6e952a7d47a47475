// Which panels of neighbouring layers can have edges within the cutoff. Neurons are sorted in space so that a
// panel is compact, and each panel lists those near it. Lists reach a little farther than the cutoff and stay
// good until neurons have moved by that skin (Verlet 1967), so that they are made once in many updates;
// memory and time go with the number of edges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learning/panels.hpp"
#include "learning/workers.hpp"
#include "sim/parameters.hpp"

namespace loci::learning {

class Neighbourhood {
 public:
  // Without a cutoff every panel is near every other and neurons keep their order.
  Neighbourhood(const sim::NetworkDescription& network, const std::vector<PanelLayout>& panels);

  // Makes order and lists anew where neurons have moved too far for those there are.
  void update(const sim::Parameters& parameters, const Workers& workers);

  // Neuron at each place of a layer; empty: each at its own.
  std::span<const std::uint32_t> order(std::size_t layer) const { return order_[layer]; }
  // Panels near one of the layer after (before), rising.
  std::span<const std::uint32_t> near_pre(std::size_t connection, std::size_t post_panel) const {
    return pre_[connection].of(post_panel);
  }
  std::span<const std::uint32_t> near_post(std::size_t connection, std::size_t pre_panel) const {
    return post_[connection].of(pre_panel);
  }

  // The parameter values that order and lists were made for; empty before the first. Order and lists are a
  // function of them, and sums depend on the order: whoever goes on with a training needs them.
  std::span<const float> sorted_at() const { return sorted_at_; }
  void sort_at(std::vector<float> values, const Workers& workers);

 private:
  struct Lists {
    std::vector<std::size_t> begin;  // empty: one list for all
    std::vector<std::uint32_t> panel;
    std::span<const std::uint32_t> of(std::size_t p) const {
      if (begin.empty()) return panel;
      return std::span(panel).subspan(begin[p], begin[p + 1] - begin[p]);
    }
  };

  bool still_good(const sim::Parameters& parameters) const;
  double reach_in_layer(const sim::Parameters& parameters, std::size_t connection) const;
  std::vector<float> sorted_positions(const sim::Parameters& parameters, std::size_t layer) const;
  void list_all();
  void list_near(const sim::Parameters& parameters, std::size_t connection, const Workers& workers);

  const sim::NetworkDescription network_;
  const std::vector<PanelLayout> panels_;
  std::vector<std::vector<std::uint32_t>> order_;
  std::vector<Lists> pre_;
  std::vector<Lists> post_;
  std::vector<float> sorted_at_;
};

}  // namespace loci::learning
