// The words for the choices a circuit's description has, in configurations and reports.
#pragma once

#include <string>
#include <string_view>

#include "sim/circuit/circuit.hpp"
#include "sim/circuit/engine_choice.hpp"

namespace loci::sim {

std::string_view name_of(CellModel value);
std::string_view name_of(PlacementKind value);
std::string_view name_of(KernelShape value);
std::string_view name_of(ConnectionRule value);
std::string_view name_of(InputKind value);
std::string_view name_of(EngineRequest value);

// Throw InputError at `where` listing what would have been understood.
CellModel parse_cell_model(std::string_view text, const std::string& where);
PlacementKind parse_placement_kind(std::string_view text, const std::string& where);
KernelShape parse_kernel_shape(std::string_view text, const std::string& where);
ConnectionRule parse_connection_rule(std::string_view text, const std::string& where);
InputKind parse_input_kind(std::string_view text, const std::string& where);
EngineRequest parse_engine_request(std::string_view text, const std::string& where);

}  // namespace loci::sim
