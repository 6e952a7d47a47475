// What a report shows, as plain numbers, gathered before any page or figure is written. Each view stands
// alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/history.hpp"

namespace loci::experiments {

struct NeuronGroup {
  std::string name;  // of a layer or a population
  std::size_t n_neurons = 0;

  bool operator==(const NeuronGroup&) const = default;
};

// The strongest edges of each neuron, by falling |weight|, of equal ones the smaller neuron first.
struct StrongEdges {
  std::vector<std::uint32_t> begin{0};  // (n + 1) offsets into the others
  std::vector<std::uint32_t> neuron;    // the other end, numbered through all groups
  std::vector<float> weight;
};

// Counts over two quantities; a value on the upper end belongs to the last bin.
struct GridHistogram {
  std::string name;
  std::size_t n_x = 0;
  std::size_t n_y = 0;
  double x_low = 0.0;
  double x_width = 1.0;
  double y_low = 0.0;
  double y_width = 1.0;
  std::vector<std::uint32_t> counts;  // (n_y, n_x), row-major

  void add(double x, double y);
};

// How the coordinates of a group lie along one axis.
struct AxisHistogram {
  std::size_t axis = 0;
  std::size_t group = 0;
  double low = 0.0;
  double width = 1.0;
  std::vector<std::uint32_t> counts;
};

// Edges at each neuron, in and out, when a share of each connection's edges, the weakest, is removed.
struct PrunedDegrees {
  double pruned = 0.0;
  std::vector<std::uint32_t> degree;  // (shown)
};

// Neurons as points of three-dimensional space, with what belongs to each. Arrays are by shown neuron.
struct NetworkView {
  std::string title;
  std::string source;               // "model", "circuit" or "SONATA network"
  std::vector<NeuronGroup> groups;  // in the order in which neurons are numbered
  std::array<std::string, 3> axes;
  bool placed = true;                  // false: without positions, neurons lie on grids
  std::vector<std::uint32_t> neurons;  // shown ones, rising
  std::vector<float> positions;        // (shown, 3)
  std::vector<float> sign;             // (shown) from -1, inhibits, to 1, excites
  std::string weight_unit;             // empty: none
  std::size_t n_edges = 0;
  StrongEdges outgoing, incoming;
  std::vector<PrunedDegrees> degrees;  // by rising share; the first is the network as it is
  std::vector<GridHistogram>
      edge_grids;  // |weight| over length, in log10, by connection; empty without lengths
  std::vector<AxisHistogram> axis_histograms;

  std::size_t n_neurons() const;
  std::size_t first_of(std::size_t group) const;
};

// What an input does to every shown neuron.
struct InputView {
  std::string name;
  std::int64_t label = -1;           // -1: none
  std::int64_t predicted = -1;       // -1: none
  std::vector<std::uint8_t> pixels;  // (height, width)
  std::vector<float> activation;     // (shown)
};

struct InputsView {
  std::size_t height = 0;
  std::size_t width = 0;
  std::string unit;  // of activations
  std::vector<InputView> inputs;
};

struct SampleView {
  double begin_ms = 0.0;
  double end_ms = 0.0;
  std::int64_t label = -1;
  std::int64_t predicted = -1;
};

// Spikes, thinned out where there are too many for a page; rates are of all of them.
struct RasterView {
  std::string title;
  std::vector<NeuronGroup> groups;
  double duration_ms = 0.0;
  bool complete = true;
  std::uint64_t n_spikes = 0;         // recorded
  std::vector<float> time_ms;         // (kept) rising
  std::vector<std::uint32_t> neuron;  // (kept) numbered through all groups
  std::vector<SampleView> samples;
  double bin_ms = 0.0;
  std::vector<std::vector<float>> rates_hz;  // by group, by bin: spikes of a neuron and second
  std::vector<float> rate_hz;                // (neurons) over the whole recording
};

struct TraceView {
  std::string name;
  std::vector<float> values;  // (frames)
};

struct TracesView {
  std::string title;
  std::string quantity;  // for the axis
  std::string unit;      // empty: none
  double start_ms = 0.0;
  double interval_ms = 1.0;
  std::optional<double> threshold;
  std::vector<TraceView> traces;
  std::string note;  // what is left out
};

struct ConfusionView {
  std::string data;                 // what the images are from
  std::vector<std::size_t> counts;  // (classes, classes), row: label, column: prediction
  std::size_t n_classes = 0;

  std::size_t n_images() const;
  std::size_t n_correct() const;
};

struct PruningView {
  std::size_t n_images = 0;
  std::vector<double> pruned;  // share of each connection's edges, rising
  std::vector<double> accuracy;
};

struct FileNote {
  std::string name;
  std::string kind;
};

struct Report {
  std::string title;
  std::string made_by;
  std::vector<FileNote> files;
  std::vector<std::string> notes;  // what is missing or thinned out, and why
  std::optional<NetworkView> network;
  std::optional<InputsView> inputs;
  std::optional<RasterView> raster;
  std::vector<TracesView> traces;
  std::optional<io::HistoryTable> training;
  std::optional<io::HistoryTable> rates;  // of a table of rates
  std::optional<ConfusionView> confusion;
  std::optional<PruningView> pruning;
  std::vector<nlohmann::json> certificates;
};

}  // namespace loci::experiments
