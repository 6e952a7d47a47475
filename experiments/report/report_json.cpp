#include "experiments/report/report_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "io/packed_numbers.hpp"

namespace loci::experiments {
namespace {

using io::packed;
using io::packed_half;
using nlohmann::json;

json number(double value) {
  return std::isfinite(value) ? json(value) : json(nullptr);
}

json groups_json(const std::vector<NeuronGroup>& groups) {
  json rows = json::array();
  for (const NeuronGroup& group : groups)
    rows.push_back({{"name", group.name}, {"neurons", group.n_neurons}});
  return rows;
}

json edges_json(const StrongEdges& edges) {
  return {{"begin", packed(edges.begin, {edges.begin.size()})},
          {"neuron", packed(edges.neuron, {edges.neuron.size()})},
          {"weight", packed_half(edges.weight, {edges.weight.size()})}};
}

json grid_json(const GridHistogram& grid) {
  return {{"name", grid.name},
          {"x", {{"low", grid.x_low}, {"width", grid.x_width}, {"bins", grid.n_x}}},
          {"y", {{"low", grid.y_low}, {"width", grid.y_width}, {"bins", grid.n_y}}},
          {"counts", packed(grid.counts, {grid.n_y, grid.n_x})}};
}

json network_json(const NetworkView& view) {
  const std::size_t n = view.neurons.size();
  json result{{"title", view.title},
              {"source", view.source},
              {"groups", groups_json(view.groups)},
              {"axes", view.axes},
              {"placed", view.placed},
              {"weight_unit", view.weight_unit},
              {"edges", view.n_edges},
              {"neurons", packed(view.neurons, {n})},
              {"positions", packed(view.positions, {n, 3})},
              {"sign", packed_half(view.sign, {n})},
              {"outgoing", edges_json(view.outgoing)},
              {"incoming", edges_json(view.incoming)},
              {"degrees", json::array()},
              {"weight_over_length", json::array()},
              {"axis_histograms", json::array()}};
  for (const PrunedDegrees& each : view.degrees)
    result["degrees"].push_back({{"pruned", each.pruned}, {"degree", packed(each.degree, {n})}});
  for (const GridHistogram& grid : view.edge_grids) result["weight_over_length"].push_back(grid_json(grid));
  for (const AxisHistogram& each : view.axis_histograms)
    result["axis_histograms"].push_back({{"axis", each.axis},
                                         {"group", each.group},
                                         {"low", each.low},
                                         {"width", each.width},
                                         {"counts", each.counts}});
  return result;
}

json inputs_json(const InputsView& view) {
  json rows = json::array();
  for (const InputView& each : view.inputs)
    rows.push_back({{"name", each.name},
                    {"label", each.label},
                    {"predicted", each.predicted},
                    {"pixels", packed(each.pixels, {view.height, view.width})},
                    {"activation", packed_half(each.activation, {each.activation.size()})}});
  return {{"height", view.height}, {"width", view.width}, {"unit", view.unit}, {"inputs", rows}};
}

json raster_json(const RasterView& view) {
  json samples = json::array();
  for (const SampleView& each : view.samples)
    samples.push_back({each.begin_ms, each.end_ms, each.label, each.predicted});
  json rates = json::array();
  for (const auto& group : view.rates_hz) rates.push_back(packed(group, {group.size()}));
  return {{"title", view.title},
          {"groups", groups_json(view.groups)},
          {"duration_ms", view.duration_ms},
          {"complete", view.complete},
          {"spikes", view.n_spikes},
          {"time_ms", packed(view.time_ms, {view.time_ms.size()})},
          {"neuron", packed(view.neuron, {view.neuron.size()})},
          {"samples", samples},
          {"bin_ms", view.bin_ms},
          {"rates_hz", rates},
          {"rate_hz", packed_half(view.rate_hz, {view.rate_hz.size()})}};
}

json traces_json(const TracesView& view) {
  json traces = json::array();
  for (const TraceView& each : view.traces)
    traces.push_back({{"name", each.name}, {"values", packed(each.values, {each.values.size()})}});
  return {{"title", view.title},
          {"quantity", view.quantity},
          {"unit", view.unit},
          {"start_ms", view.start_ms},
          {"interval_ms", view.interval_ms},
          {"threshold", view.threshold ? json(*view.threshold) : json(nullptr)},
          {"traces", traces},
          {"note", view.note}};
}

json table_json(const io::HistoryTable& table) {
  json rows = json::array();
  for (const auto& row : table.rows) {
    json cells = json::array();
    for (const double value : row) cells.push_back(number(value));
    rows.push_back(std::move(cells));
  }
  return {{"columns", table.columns}, {"rows", rows}};
}

}  // namespace

json report_json(const Report& report) {
  json result{{"format", "loci-report"}, {"version", report_data_version},
              {"title", report.title},   {"made_by", report.made_by},
              {"notes", report.notes},   {"files", json::array()},
              {"traces", json::array()}, {"certificates", report.certificates}};
  for (const FileNote& file : report.files)
    result["files"].push_back({{"name", file.name}, {"kind", file.kind}});
  for (const TracesView& traces : report.traces) result["traces"].push_back(traces_json(traces));
  if (report.network) result["network"] = network_json(*report.network);
  if (report.inputs) result["inputs"] = inputs_json(*report.inputs);
  if (report.raster) result["raster"] = raster_json(*report.raster);
  if (report.training) result["training"] = table_json(*report.training);
  if (report.rates) result["rates"] = table_json(*report.rates);
  if (report.confusion)
    result["confusion"] = {{"data", report.confusion->data},
                           {"classes", report.confusion->n_classes},
                           {"counts", report.confusion->counts},
                           {"images", report.confusion->n_images()},
                           {"correct", report.confusion->n_correct()}};
  if (report.pruning)
    result["pruning"] = {{"images", report.pruning->n_images},
                         {"pruned", report.pruning->pruned},
                         {"accuracy", report.pruning->accuracy}};
  return result;
}

}  // namespace loci::experiments
