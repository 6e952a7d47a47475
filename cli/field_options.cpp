#include "cli/field_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <type_traits>

#include "cli/options.hpp"

namespace loci::cli {
namespace {

CLI::Option* add_field_option(CLI::App& command, const Field& field, TrainConfig& given) {
  const auto add = [&](auto member) -> CLI::Option* {
    auto& value = given.*member;
    using Value = std::remove_reference_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, bool>)
      return command.add_flag(fmt::format("{},!--no-{}", field.option, std::string(field.option).substr(2)),
                              value, field.help);
    else if constexpr (std::is_same_v<Value, std::string> || std::is_arithmetic_v<Value>)
      return command.add_option(field.option, value, field.help);
    else
      return command.add_option(field.option, value, field.help)->delimiter(',');
  };
  CLI::Option* option = std::visit(add, field.member);
  if (std::holds_alternative<std::uint64_t TrainConfig::*>(field.member) ||
      std::holds_alternative<std::vector<std::uint64_t> TrainConfig::*>(field.member))
    option->check(whole_number());
  const std::string key = field.key;
  return option->group("[" + key.substr(0, key.find('.')) + "] as in TOML");
}

}  // namespace

std::vector<CLI::Option*> add_field_options(CLI::App& command, TrainConfig& given) {
  std::vector<CLI::Option*> options;
  for (const Field& field : fields()) options.push_back(add_field_option(command, field, given));
  return options;
}

void take_given(const TrainConfig& given, const std::vector<CLI::Option*>& options, TrainConfig& config) {
  for (std::size_t f = 0; f < fields().size(); ++f)
    if (options[f]->count() > 0)
      std::visit([&](auto member) { config.*member = given.*member; }, fields()[f].member);
}

}  // namespace loci::cli
