#include "sim/circuit/names.hpp"

#include "sim/names.hpp"

namespace loci::sim {
namespace {

constexpr NameTable<CellModel, 5> cell_models{{{CellModel::lif_delta, "lif_delta"},
                                               {CellModel::lif_exp, "lif_exp"},
                                               {CellModel::adaptive_lif, "adaptive_lif"},
                                               {CellModel::lif_discrete, "lif_discrete"},
                                               {CellModel::integrator, "integrator"}}};
constexpr NameTable<PlacementKind, 6> placement_kinds{{{PlacementKind::box, "box"},
                                                       {PlacementKind::disc, "disc"},
                                                       {PlacementKind::sphere, "sphere"},
                                                       {PlacementKind::ball, "ball"},
                                                       {PlacementKind::grid, "grid"},
                                                       {PlacementKind::given, "file"}}};
constexpr NameTable<KernelShape, 4> kernel_shapes{{{KernelShape::constant, "constant"},
                                                   {KernelShape::inverse_distance, "inverse_distance"},
                                                   {KernelShape::gaussian, "gaussian"},
                                                   {KernelShape::exponential, "exponential"}}};
constexpr NameTable<ConnectionRule, 4> connection_rules{{{ConnectionRule::pairwise, "pairwise"},
                                                         {ConnectionRule::fixed_indegree, "fixed_indegree"},
                                                         {ConnectionRule::one_to_one, "one_to_one"},
                                                         {ConnectionRule::given, "file"}}};
constexpr NameTable<InputKind, 4> input_kinds{{{InputKind::poisson, "poisson"},
                                               {InputKind::regular, "regular"},
                                               {InputKind::trains, "trains"},
                                               {InputKind::current, "current"}}};
constexpr NameTable<EngineRequest, 3> engine_requests{
    {{EngineRequest::clock, "clock"}, {EngineRequest::event, "event"}, {EngineRequest::automatic, "auto"}}};

}  // namespace

std::string_view name_of(CellModel value) {
  return find_name(cell_models, value);
}
std::string_view name_of(PlacementKind value) {
  return find_name(placement_kinds, value);
}
std::string_view name_of(KernelShape value) {
  return find_name(kernel_shapes, value);
}
std::string_view name_of(ConnectionRule value) {
  return find_name(connection_rules, value);
}
std::string_view name_of(InputKind value) {
  return find_name(input_kinds, value);
}
std::string_view name_of(EngineRequest value) {
  return find_name(engine_requests, value);
}

CellModel parse_cell_model(std::string_view text, const std::string& where) {
  return find_value(cell_models, text, where);
}
PlacementKind parse_placement_kind(std::string_view text, const std::string& where) {
  return find_value(placement_kinds, text, where);
}
KernelShape parse_kernel_shape(std::string_view text, const std::string& where) {
  return find_value(kernel_shapes, text, where);
}
ConnectionRule parse_connection_rule(std::string_view text, const std::string& where) {
  return find_value(connection_rules, text, where);
}
InputKind parse_input_kind(std::string_view text, const std::string& where) {
  return find_value(input_kinds, text, where);
}
EngineRequest parse_engine_request(std::string_view text, const std::string& where) {
  return find_value(engine_requests, text, where);
}

}  // namespace loci::sim
