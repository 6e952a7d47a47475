#include "experiments/reproduction.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "experiments/reproduction_texts.hpp"
#include "sim/error.hpp"

namespace loci::experiments {
namespace {

constexpr std::array<std::string_view, 8> kinds{"table",  "curves",   "pruning",  "varied",
                                                "layers", "activity", "frontier", "parameters"};
constexpr std::array<std::string_view, 4> measures{"pruning", "soft_pruning", "layers", "activity"};
constexpr std::array<const char*, 3> efforts{"quick", "plan", "full"};

template <std::size_t N>
void require_known(const std::array<std::string_view, N>& known, const std::string& name,
                   const std::string& where) {
  if (std::ranges::find(known, name) == known.end())
    throw InputError(where, "'" + name + "' is not known",
                     fmt::format("use one of: {}", fmt::join(known, ", ")));
}

void require_some_epochs(std::optional<std::uint64_t> epochs, const std::string& where) {
  if (epochs == 0) throw InputError(where, "nothing is trained in 0 epochs", "give 1 or more");
}

Row read_row(io::TomlConfig& document, const std::string& prefix) {
  Row row{.id = document.require<std::string>(prefix + "id"),
          .title = document.require<std::string>(prefix + "title"),
          .recipe = document.require<std::string>(prefix + "recipe"),
          .recipes = document.get_or<std::vector<std::string>>(prefix + "recipes", {"paper", "loci"}),
          .paper_accuracy = document.get<double>(prefix + "paper_accuracy"),
          .paper_deviation = document.get<double>(prefix + "paper_deviation"),
          .note = document.get_or<std::string>(prefix + "note", ""),
          .prefix = prefix,
          .vary = document.get_or<std::string>(prefix + "vary", ""),
          .values = document.get_or<std::vector<double>>(prefix + "values", {}),
          .plan_epochs = document.get<std::uint64_t>(prefix + "plan_epochs"),
          .budget = document.get<std::uint64_t>(prefix + "budget"),
          .n_candidates = document.n_tables(prefix + "candidate")};
  for (const auto& recipe : row.recipes)
    require_known(recipe_names, recipe, document.where(prefix + "recipes"));
  require_some_epochs(row.plan_epochs, document.where(prefix + "plan_epochs"));
  if (row.vary.empty() != row.values.empty())
    throw InputError(document.where(prefix + "id"), "vary and values belong together",
                     "give both or neither");
  return row;
}

// The rows of another experiment, all or those named.
std::vector<Row> borrowed_rows(const std::vector<Row>& rows, const std::vector<std::string>& wanted,
                               const std::string& where) {
  if (wanted.empty()) return rows;
  std::vector<Row> borrowed;
  for (const auto& id : wanted) {
    const auto found = std::ranges::find(rows, id, &Row::id);
    if (found == rows.end())
      throw InputError(where, "there is no row '" + id + "'", "name rows of the experiment in runs_of");
    borrowed.push_back(*found);
  }
  return borrowed;
}

Reference read_reference(io::TomlConfig& document, const std::string& prefix) {
  Reference reference{.title = document.require<std::string>(prefix + "title"),
                      .parameters = document.require<std::uint64_t>(prefix + "parameters"),
                      .accuracy = document.require<double>(prefix + "accuracy")};
  if (reference.parameters == 0)
    throw InputError(document.where(prefix + "parameters"), "no network has 0 parameters", "give 1 or more");
  if (!(reference.accuracy >= 0.0 && reference.accuracy <= 1.0))
    throw InputError(document.where(prefix + "accuracy"),
                     fmt::format("{} is no accuracy", reference.accuracy), "give a share from 0 to 1");
  return reference;
}

Experiment read_experiment(io::TomlConfig& document, const std::string& id) {
  Experiment experiment{.id = id,
                        .title = document.require<std::string>("title"),
                        .kind = document.require<std::string>("kind"),
                        .text = document.get_or<std::string>("text", ""),
                        .finding = document.get_or<std::string>("finding", ""),
                        .finding_elsewhere = document.get_or<std::string>("finding_elsewhere", ""),
                        .runs_of = document.get_or<std::string>("runs_of", ""),
                        .varied = document.get_or<std::string>("varied", "value"),
                        .measures = document.get_or<std::vector<std::string>>("measures", {})};
  require_known(kinds, experiment.kind, document.where("kind"));
  for (const auto& measure : experiment.measures)
    require_known(measures, measure, document.where("measures"));
  for (std::size_t e = 0; e < efforts.size(); ++e) {
    const std::string effort = efforts[e];
    if (experiment.runs_of.empty()) {
      experiment.epochs[e] = document.require<std::uint64_t>("epochs." + effort);
      require_some_epochs(experiment.epochs[e], document.where("epochs." + effort));
    }
    experiment.choose_epochs[e] = document.get_or<std::uint64_t>("choose." + effort, 0);
  }
  experiment.choose_validation = document.get_or<std::uint64_t>("choose.validation", 0);
  experiment.quick_seeds = document.get_or<std::uint64_t>("seeds.quick", 1);
  experiment.plan_seeds = {document.get_or<std::uint64_t>("seeds.plan_paper", 1),
                           document.get_or<std::uint64_t>("seeds.plan_loci", 1)};
  experiment.full_seeds = document.get_or<std::uint64_t>("seeds.full", 3);
  experiment.elsewhere_epochs = document.get<std::uint64_t>("plan_elsewhere.epochs");
  require_some_epochs(experiment.elsewhere_epochs, document.where("plan_elsewhere.epochs"));
  experiment.elsewhere_seeds = document.get<std::uint64_t>("plan_elsewhere.seeds");
  for (std::size_t r = 0; r < document.n_tables("row"); ++r)
    experiment.rows.push_back(read_row(document, fmt::format("row.{}.", r)));
  for (std::size_t r = 0; r < document.n_tables("reference"); ++r)
    experiment.references.push_back(read_reference(document, fmt::format("reference.{}.", r)));
  return experiment;
}

void borrow(Reproduction& reproduction) {
  for (std::size_t e = 0; e < reproduction.experiments.size(); ++e) {
    Experiment& experiment = reproduction.experiments[e];
    io::TomlConfig& document = *reproduction.documents[e];
    const auto wanted = document.get_or<std::vector<std::string>>("rows", {});
    if (experiment.runs_of.empty()) continue;
    const Experiment& lender = reproduction.at(experiment.runs_of);
    if (!lender.runs_of.empty())
      throw InputError(document.where("runs_of"), lender.id + " borrows its own runs",
                       "name the experiment they are from");
    experiment.rows = borrowed_rows(lender.rows, wanted, document.where("rows"));
    experiment.epochs = lender.epochs;
    experiment.elsewhere_epochs = lender.elsewhere_epochs;
  }
}

// By name, the folder's or those compiled in.
std::map<std::string, io::TomlConfig> documents_of(const std::optional<std::filesystem::path>& folder) {
  std::map<std::string, io::TomlConfig> documents;
  if (!folder) {
    for (const auto& [name, text] : reproduction_texts)
      documents.emplace(name, io::TomlConfig::parse(text, fmt::format("experiment {}", name)));
    return documents;
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(*folder, error))
    if (entry.path().extension() == ".toml")
      documents.emplace(entry.path().stem().string(), io::TomlConfig::load(entry.path()));
  if (error || !documents.contains("recipes"))
    throw InputError(folder->string(), "this is no folder of experiments: there is no recipes.toml in it",
                     "name one like experiments/reproduction");
  return documents;
}

}  // namespace

std::uint64_t Experiment::n_epochs(const Row& row, Effort effort, std::string_view dataset) const {
  if (effort == Effort::plan && dataset != paper_dataset && elsewhere_epochs) return *elsewhere_epochs;
  if (effort == Effort::plan && row.plan_epochs) return *row.plan_epochs;
  return epochs[static_cast<std::size_t>(effort)];
}

std::uint64_t Experiment::n_seeds(Effort effort, std::string_view recipe, std::string_view dataset) const {
  if (effort == Effort::quick) return quick_seeds;
  if (effort == Effort::full) return full_seeds;
  if (dataset != paper_dataset && elsewhere_seeds) return *elsewhere_seeds;
  return plan_seeds[recipe == recipe_names[0] ? 0 : 1];
}

const Experiment& Reproduction::at(const std::string& id) const {
  std::string known;
  for (const Experiment& experiment : experiments) {
    if (experiment.id == id) return experiment;
    known += (known.empty() ? "" : ", ") + experiment.id;
  }
  throw InputError(id, "there is no such experiment", "use some of: " + known);
}

io::TomlConfig& Reproduction::document_of(const Experiment& experiment) const {
  const std::string& owner = experiment.runs_of.empty() ? experiment.id : experiment.runs_of;
  const auto found = std::ranges::find(experiments, owner, &Experiment::id);
  return *documents[static_cast<std::size_t>(found - experiments.begin())];
}

Reproduction load_reproduction(const std::optional<std::filesystem::path>& folder) {
  Reproduction reproduction;
  auto documents = documents_of(folder);
  reproduction.recipes = std::make_shared<io::TomlConfig>(std::move(documents.extract("recipes").mapped()));
  // Tables before figures, and what is not in the paper last.
  const auto rank = [](const std::string& id) {
    return id.starts_with("table") ? 0 : id.starts_with("fig") ? 1 : 2;
  };
  std::vector<std::string> ids;
  ids.reserve(documents.size());
  for (const auto& [id, document] : documents) ids.push_back(id);
  std::ranges::stable_sort(ids, {}, rank);
  for (const auto& id : ids) {
    auto document = std::make_shared<io::TomlConfig>(std::move(documents.at(id)));
    reproduction.experiments.push_back(read_experiment(*document, id));
    reproduction.documents.push_back(std::move(document));
  }
  borrow(reproduction);
  return reproduction;
}

}  // namespace loci::experiments
