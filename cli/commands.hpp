// The subcommands: each adds itself to the program and leaves what to run in `action`, which returns the exit
// code.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace loci::cli {

using Action = std::function<int()>;

void add_train(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);
void add_simulate(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_verify(CLI::App& app, Action& action);
void add_import(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_plot(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);
void add_data(CLI::App& app, Action& action);
void add_prune(CLI::App& app, Action& action);
void add_reproduce(CLI::App& app, Action& action);

}  // namespace loci::cli
