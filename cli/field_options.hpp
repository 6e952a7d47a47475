// An option for every field of a training configuration.
#pragma once

#include <vector>

#include "cli/train_config.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
class Option;
}  // namespace CLI

namespace loci::cli {

// `given` receives what the command line says and must outlive the parsing. Returns one option per field, in
// the order of fields().
std::vector<CLI::Option*> add_field_options(CLI::App& command, TrainConfig& given);

// Overwrites the fields whose options were given.
void take_given(const TrainConfig& given, const std::vector<CLI::Option*>& options, TrainConfig& config);

}  // namespace loci::cli
