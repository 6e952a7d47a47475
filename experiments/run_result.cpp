#include "experiments/run_result.hpp"

#include <fstream>
#include <sstream>

#include "io/atomic_file.hpp"
#include "sim/error.hpp"

namespace loci::experiments {

namespace {

using nlohmann::json;

template <typename T>
std::optional<T> optional_in(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->get<T>();
}

}  // namespace

json to_json(const RunResult& result) {
  json object{{"id", result.id},
              {"configuration", result.configuration},
              {"dataset", result.dataset},
              {"network", result.network},
              {"parameters", result.parameters},
              {"seed", result.seed},
              {"epochs", result.epochs},
              {"train_loss", result.train_loss},
              {"train_accuracy", result.train_accuracy},
              {"parameter_sha256", result.parameter_sha256},
              {"seconds", result.seconds},
              {"machine", result.machine},
              {"threads", result.threads},
              {"jobs", result.jobs},
              {"instruction_set", result.instruction_set},
              {"loci_version", result.loci_version},
              {"loci_commit", result.loci_commit}};
  if (!result.validation_accuracy.empty()) {
    object["validation_accuracy"] = result.validation_accuracy;
    object["best_validation"] = result.best_validation;
  }
  if (!result.spikes_per_image.empty()) object["spikes_per_image"] = result.spikes_per_image;
  if (result.test_accuracy) object["test_accuracy"] = *result.test_accuracy;
  if (result.test_loss) object["test_loss"] = *result.test_loss;
  for (const auto& [name, measure] : result.measures) object["measures"][name] = measure;
  return object;
}

RunResult result_from_json(const json& object, const std::string& where) {
  try {
    RunResult result{.id = object.at("id"),
                     .configuration = object.at("configuration"),
                     .dataset = object.at("dataset"),
                     .network = object.at("network"),
                     .parameters = object.at("parameters"),
                     .seed = object.at("seed"),
                     .epochs = object.at("epochs"),
                     .train_loss = object.at("train_loss"),
                     .train_accuracy = object.at("train_accuracy"),
                     .validation_accuracy = object.value("validation_accuracy", std::vector<double>{}),
                     .spikes_per_image = object.value("spikes_per_image", std::vector<double>{}),
                     .best_validation = object.value("best_validation", 0.0),
                     .test_accuracy = optional_in<double>(object, "test_accuracy"),
                     .test_loss = optional_in<double>(object, "test_loss"),
                     .parameter_sha256 = object.at("parameter_sha256"),
                     .measures = {},
                     .seconds = object.at("seconds"),
                     .machine = object.at("machine"),
                     .threads = object.at("threads"),
                     .jobs = object.at("jobs"),
                     .instruction_set = object.at("instruction_set"),
                     .loci_version = object.at("loci_version"),
                     .loci_commit = object.at("loci_commit")};
    if (object.contains("measures"))
      for (const auto& [name, measure] : object["measures"].items()) result.measures[name] = measure;
    return result;
  } catch (const json::exception& error) {
    throw InputError(where, std::string("this is no result of a run: ") + error.what(),
                     "remove the file: the run is then made again");
  }
}

Results read_results(const std::filesystem::path& folder) {
  Results results;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".json") continue;
    const std::string id = entry.path().stem();
    results.emplace(id, *read_result(folder, id));
  }
  return results;
}

std::optional<RunResult> read_result(const std::filesystem::path& folder, const std::string& id) {
  const auto path = folder / (id + ".json");
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  auto result = result_from_json(json::parse(text.str(), nullptr, false), path.string());
  if (result.id != id)
    throw InputError(path.string(), "it is the result of " + result.id, "give it back its name");
  return result;
}

RunResult joined(RunResult earlier, RunResult later) {
  if (earlier.id != later.id || earlier.parameter_sha256 != later.parameter_sha256) return later;
  for (auto& [name, measure] : later.measures) earlier.measures.insert_or_assign(name, std::move(measure));
  return earlier;
}

void write_result(const std::filesystem::path& folder, const RunResult& result) {
  // A line for each field: a list over epochs does not take hundreds.
  std::string text;
  const json object = to_json(result);
  for (const auto& [name, value] : object.items())
    text += (text.empty() ? "{\n" : ",\n") + json(name).dump() + ": " + value.dump();
  io::write_file(folder / (result.id + ".json"), text + "\n}\n");
}

}  // namespace loci::experiments
