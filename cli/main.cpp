// loci: spiking networks whose neurons have positions.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.hpp"
#include "sim/error.hpp"
#include "version.hpp"

namespace {

constexpr int exit_input_error = 2;
constexpr int exit_internal_error = 70;

int run(int argc, char** argv) {
  CLI::App app{"loci: spiking neural networks whose neurons have positions", "loci"};
  app.set_version_flag("--version", fmt::format("loci {} ({})", loci::version, loci::commit));
  app.require_subcommand(1);
  app.footer("loci COMMAND --help tells what a command takes.");
  loci::cli::Action action;
  loci::cli::add_train(app, action);
  loci::cli::add_eval(app, action);
  loci::cli::add_simulate(app, action);
  loci::cli::add_export(app, action);
  loci::cli::add_verify(app, action);
  loci::cli::add_import(app, action);
  loci::cli::add_report(app, action);
  loci::cli::add_plot(app, action);
  loci::cli::add_info(app, action);
  loci::cli::add_data(app, action);
  loci::cli::add_prune(app, action);
  loci::cli::add_reproduce(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : exit_input_error;
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const loci::InputError& error) {
    fmt::print(stderr, "loci: {}\n  what is wrong: {}\n  what to do: {}\n", error.where(), error.problem(),
               error.remedy());
    return exit_input_error;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "loci: not enough memory for this\n");
    return exit_internal_error;
  } catch (const std::exception& error) {
    fmt::print(stderr, "loci: internal error: {}\n", error.what());
    return exit_internal_error;
  }
}
