// Commands that take a model or a circuit: which options are of one of them alone.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/circuit_run.hpp"
#include "sim/error.hpp"

namespace loci::cli {

// Options that are of one kind of file alone, refused with the other.
struct OwnOptions {
  std::vector<CLI::Option*> model;
  std::vector<CLI::Option*> circuit;

  CLI::Option* engine = nullptr;

  void require(const std::string& path) const {
    const bool is_model = !is_circuit(path);
    for (const CLI::Option* option : is_model ? circuit : model)
      if (option->count() > 0)
        throw InputError(
            option->get_name(), fmt::format("this is no option for {}", is_model ? "models" : "circuits"),
            is_model ? "leave it out, or name a circuit's .toml file" : "leave it out, or name a model file");
  }
};

}  // namespace loci::cli
