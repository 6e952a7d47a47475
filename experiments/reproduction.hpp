// The seed paper's tables and figures, and ours beside them, as data: which networks, trained how, and what
// the paper says they reach.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/toml_config.hpp"

namespace loci::experiments {

enum class Effort {
  quick,  // minutes: to see that everything works
  plan,   // what the project's own page is made from
  full,   // the paper's epochs and three seeds of everything
};
inline constexpr std::array<std::string_view, 2> recipe_names{"paper", "loci"};
inline constexpr std::string_view paper_dataset = "mnist";
inline constexpr std::array<std::string_view, 2> known_datasets{paper_dataset, "fashion-mnist"};

struct Row {
  std::string id;
  std::string title;
  std::string recipe;                // a section of recipes.toml
  std::vector<std::string> recipes;  // of recipe_names
  std::optional<double> paper_accuracy;
  std::optional<double> paper_deviation;
  std::string note;
  std::string prefix;  // where its own settings begin in the document: "row.3."
  std::string vary;    // a key that takes each of `values` in turn; empty: none
  std::vector<double> values;
  std::optional<std::uint64_t> plan_epochs;  // instead of its experiment's, for a row that takes long
  std::optional<std::uint64_t> budget;       // of parameters, for networks chosen among candidates
  std::size_t n_candidates = 0;
};

// What the paper reports for a network that no row is about, to be drawn beside the rows.
struct Reference {
  std::string title;
  std::uint64_t parameters = 0;
  double accuracy = 0.0;
};

struct Experiment {
  std::string id;
  std::string title;
  std::string kind;               // table, curves, pruning, varied, layers, activity, frontier or parameters
  std::string text;               // what it shows
  std::string finding;            // what agrees, what does not, and why
  std::string finding_elsewhere;  // the same for other data sets than the paper's
  std::string runs_of;            // the experiment whose document the rows are from; its own otherwise
  std::string varied;             // what `values` are
  std::vector<Row> rows;
  std::vector<Reference> references;
  std::vector<std::string> measures;  // made of each trained network besides its accuracy: see measures.hpp
  std::array<std::uint64_t, 3> epochs{};  // by effort
  std::uint64_t quick_seeds = 1;
  std::array<std::uint64_t, 2> plan_seeds{1, 1};  // by recipe
  std::uint64_t full_seeds = 3;
  // The plan on other data sets than the paper's; none: as on that.
  std::optional<std::uint64_t> elsewhere_epochs;
  std::optional<std::uint64_t> elsewhere_seeds;
  std::uint64_t choose_validation = 0;  // images set aside while candidates are compared
  std::array<std::uint64_t, 3> choose_epochs{};

  std::uint64_t n_epochs(const Row& row, Effort effort, std::string_view dataset) const;
  std::uint64_t n_seeds(Effort effort, std::string_view recipe, std::string_view dataset) const;
};

// Documents are asked for settings by whoever knows their names; they are shared so that rows of one
// experiment can be runs of another.
struct Reproduction {
  std::vector<Experiment> experiments;                     // in the paper's order
  std::vector<std::shared_ptr<io::TomlConfig>> documents;  // beside them
  std::shared_ptr<io::TomlConfig> recipes;

  // Throws InputError listing the known ids.
  const Experiment& at(const std::string& id) const;
  // The document that a row's settings are in.
  io::TomlConfig& document_of(const Experiment& experiment) const;
};

// The built-in ones, or those of a folder of .toml files, recipes.toml among them. Throws InputError with
// file and line for what cannot be understood. Settings themselves are not read here: refuse_unknown() is
// left to who reads them.
Reproduction load_reproduction(const std::optional<std::filesystem::path>& folder = std::nullopt);

}  // namespace loci::experiments
