// The subcommands of loci-bench: each adds itself and leaves what to run in `action`, whose result is
// printed.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

namespace CLI {
class App;
}

namespace loci::bench {

using Action = std::function<nlohmann::json()>;

void add_update(CLI::App& app, Action& action);
void add_inference(CLI::App& app, Action& action);
void add_activity(CLI::App& app, Action& action);
void add_products(CLI::App& app, Action& action);
void add_scaling(CLI::App& app, Action& action);
void add_circuit(CLI::App& app, Action& action);
void add_ceilings(CLI::App& app, Action& action);

}  // namespace loci::bench
