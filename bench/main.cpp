// loci-bench: measurements of one process, as JSON. The scripts in bench/ run it beside other programs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "cli/console.hpp"
#include "sim/error.hpp"
#include "version.hpp"

namespace {

constexpr int exit_input_error = 2;
constexpr int exit_internal_error = 70;

int run(int argc, char** argv) {
  CLI::App app{"loci-bench: how fast loci is and how much memory it takes, as JSON", "loci-bench"};
  app.set_version_flag("--version", fmt::format("loci {} ({})", loci::version, loci::commit));
  app.require_subcommand(1);
  loci::bench::Action action;
  loci::bench::add_update(app, action);
  loci::bench::add_inference(app, action);
  loci::bench::add_activity(app, action);
  loci::bench::add_products(app, action);
  loci::bench::add_scaling(app, action);
  loci::bench::add_circuit(app, action);
  loci::bench::add_ceilings(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : exit_input_error;
  }
  loci::cli::print_json(action());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const loci::InputError& error) {
    fmt::print(stderr, "loci-bench: {}\n  what is wrong: {}\n  what to do: {}\n", error.where(),
               error.problem(), error.remedy());
    return exit_input_error;
  } catch (const std::exception& error) {
    fmt::print(stderr, "loci-bench: {}\n", error.what());
    return exit_internal_error;
  }
}
