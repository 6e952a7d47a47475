#include "io/circuit_export.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "io/atomic_file.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr const char* nodes_name = "nodes.h5";
constexpr const char* edges_name = "edges.h5";

// A folder within the final one, so that moving out of it is renaming; gone with what was not moved.
class Staging {
 public:
  explicit Staging(const std::filesystem::path& folder)
      : folder_(folder), own_(folder / fmt::format(".export-{}.tmp", ::getpid())) {
    std::error_code error;
    made_ = std::filesystem::create_directories(folder, error);
    if (!error) std::filesystem::create_directory(own_, error);
    if (error)
      throw InputError(folder.string(), fmt::format("cannot write into this folder: {}", error.message()),
                       "check its permissions or choose another with --out");
  }
  ~Staging() {
    std::error_code ignored;
    std::filesystem::remove_all(own_, ignored);
    if (made_) std::filesystem::remove(folder_, ignored);  // if it is empty
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return own_ / name; }
  void publish(const std::vector<std::string>& names) const {
    for (const std::string& name : names) rename_durably(own_ / name, folder_ / name);
  }

 private:
  std::filesystem::path folder_;
  std::filesystem::path own_;
  bool made_ = false;
};

std::string config_json(const CircuitFile& file) {
  nlohmann::json networks{
      {"nodes", {{{"nodes_file", "$DIR/nodes.h5"}, {"node_types_file", "$DIR/node_types.csv"}}}},
      {"edges", nlohmann::json::array()}};
  if (!file.circuit.projections.empty())
    networks["edges"].push_back(
        {{"edges_file", "$DIR/edges.h5"}, {"edge_types_file", "$DIR/edge_types.csv"}});
  return nlohmann::json{{"manifest", {{"$DIR", "."}}}, {"networks", networks}}.dump(2) + "\n";
}

std::string network_text(const CircuitFile& file) {
  std::string text = fmt::format("[sonata]\nnodes = \"{}\"\n", nodes_name);
  if (!file.circuit.projections.empty()) text += fmt::format("edges = \"{}\"\n", edges_name);
  return text + "\n";
}

}  // namespace

// circuit.toml last: where it is, all is.
std::vector<std::string> exported_files(const CircuitFile& file) {
  std::vector<std::string> names{nodes_name, "node_types.csv"};
  if (!file.circuit.projections.empty()) names.insert(names.end(), {edges_name, "edge_types.csv"});
  names.insert(names.end(), {"circuit_config.json", "circuit.toml"});
  return names;
}

void export_circuit(const CircuitExport& target, const CircuitFile& file,
                    const sim::Connectivity& connectivity, const Provenance& provenance) {
  const Staging staging(target.folder);
  write_sonata_nodes(staging / nodes_name, file.circuit, connectivity, provenance,
                     {.double_positions = true, .columns = target.columns});
  if (!file.circuit.projections.empty())
    write_sonata_edges(staging / edges_name, file.circuit, connectivity, provenance,
                       {.double_weights = target.double_weights, .double_delays = connectivity.off_grid()});
  write_file(staging / "circuit_config.json", config_json(file));
  write_file(staging / "circuit.toml", network_text(file) + circuit_text(file));
  staging.publish(exported_files(file));
}

}  // namespace loci::io
