#include "cli/reproduction_runs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "io/digest.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

using experiments::Effort;
using experiments::Experiment;
using experiments::Point;
using experiments::Reproduction;
using experiments::Results;
using experiments::Row;
using experiments::Series;

// What names a configuration before the seed and the choice of a network.
struct Setting {
  const Experiment& experiment;
  const Row& row;
  std::string recipe;
  std::string dataset;
  Effort effort;
};

// A setting with a number, or the first of one with several: the first connection's.
void set_number(const std::string& key, double value, const std::string& where, TrainConfig& config) {
  for (const Field& field : fields()) {
    if (field.key != key) continue;
    if (const auto* number = std::get_if<double TrainConfig::*>(&field.member)) {
      config.** number = value;
      return;
    }
    const auto* numbers = std::get_if<std::vector<double> TrainConfig::*>(&field.member);
    if (numbers != nullptr && !(config.**numbers).empty()) {
      (config.**numbers).front() = value;
      return;
    }
  }
  throw InputError(where, "'" + key + "' is no setting with a number", "name one, such as network.pruned");
}

// Where a recipe's own part of a section is, and its part for one data set.
std::string part(const std::string& section, std::string_view recipe) {
  return fmt::format("{}{}.", section, recipe);
}
std::string part(const std::string& section, std::string_view recipe, std::string_view dataset) {
  return fmt::format("{}{}.{}.", section, recipe, dataset);
}

// Defaults, then the recipe, then the row, each first what is common and then what is this recipe's; the
// recipe at last what is this data set's.
TrainConfig config_of(const Reproduction& reproduction, const Setting& setting) {
  TrainConfig config;
  config.dataset = setting.dataset;
  config.epochs = setting.experiment.n_epochs(setting.row, setting.effort, setting.dataset);
  io::TomlConfig& document = reproduction.document_of(setting.experiment);
  const std::string recipe = "recipe." + setting.row.recipe + ".";
  if (!reproduction.recipes->has_section("recipe." + setting.row.recipe))
    throw InputError(
        document.where(setting.row.prefix + "recipe"), "there is no recipe '" + setting.row.recipe + "'",
        fmt::format("use one of: {}", fmt::join(reproduction.recipes->names_in("recipe"), ", ")));
  read_settings(*reproduction.recipes, recipe, config);
  read_settings(*reproduction.recipes, part(recipe, setting.recipe), config);
  read_settings(*reproduction.recipes, part(recipe, setting.recipe, setting.dataset), config);
  read_settings(document, setting.row.prefix, config);
  read_settings(document, part(setting.row.prefix, setting.recipe), config);
  return config;
}

TrainConfig candidate_config(const Reproduction& reproduction, const Setting& setting,
                             std::size_t candidate) {
  TrainConfig config = config_of(reproduction, setting);
  read_settings(reproduction.document_of(setting.experiment),
                fmt::format("{}candidate.{}.", setting.row.prefix, candidate), config);
  return config;
}

// Collects runs, each once.
class Runs {
 public:
  std::string add(const TrainConfig& config, const std::vector<std::string>& measures, bool chooses,
                  const std::string& title) {
    std::string id = run_id(config);
    const auto [at, added] = place_.emplace(id, runs_.size());
    if (added)
      runs_.push_back({.id = id,
                       .config = config,
                       .measures = measures,
                       .chooses = chooses,
                       .title = title,
                       .seconds = estimated_seconds(config)});
    auto& wanted = runs_[at->second].measures;
    for (const auto& measure : measures)
      if (std::ranges::find(wanted, measure) == wanted.end()) wanted.push_back(measure);
    return id;
  }
  std::vector<ReproductionRun> take() {
    std::ranges::stable_sort(runs_, {}, [](const ReproductionRun& run) { return run.config.seed; });
    return std::move(runs_);
  }

 private:
  std::vector<ReproductionRun> runs_;
  std::map<std::string, std::size_t> place_;
};

std::string title_of(const Setting& setting, const std::string& more) {
  return fmt::format("{}: {}, {}{}", setting.experiment.id, setting.row.title, setting.recipe, more);
}

// The candidate that did best on the validation images; none before all are finished.
std::optional<std::size_t> chosen(const std::vector<std::string>& candidates, const Results& results) {
  std::optional<std::size_t> best;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    const auto found = results.find(candidates[c]);
    if (found == results.end()) return std::nullopt;
    if (!best || found->second.best_validation > results.at(candidates[*best]).best_validation) best = c;
  }
  return best;
}

// The configuration of the reported runs, its candidates' runs added where there are any.
std::optional<TrainConfig> settled_config(const Reproduction& reproduction, const Setting& setting,
                                          const Results& results, Runs& runs, Series& series) {
  if (setting.row.n_candidates == 0) return config_of(reproduction, setting);
  for (std::size_t c = 0; c < setting.row.n_candidates; ++c) {
    TrainConfig config = candidate_config(reproduction, setting, c);
    config.validation = setting.experiment.choose_validation;
    config.epochs = setting.experiment.choose_epochs[static_cast<std::size_t>(setting.effort)];
    if (config.validation == 0 || config.epochs == 0)
      throw InputError(setting.experiment.id, "candidates without images or epochs to choose by",
                       "give choose = {validation = ..., quick = ..., plan = ..., full = ...}");
    const auto title = title_of(setting, fmt::format(", candidate {}", c + 1));
    series.candidates.push_back(runs.add(config, {}, true, title));
  }
  const auto best = chosen(series.candidates, results);
  if (!best) return std::nullopt;
  return candidate_config(reproduction, setting, *best);
}

Series expand_row(const Reproduction& reproduction, const Setting& setting, std::uint64_t n_seeds,
                  const Results& results, Runs& runs) {
  Series series{.row = &setting.row,
                .recipe = setting.recipe,
                .dataset = setting.dataset,
                .points = {},
                .candidates = {}};
  auto config = settled_config(reproduction, setting, results, runs, series);
  if (!config) return series;
  const bool varies = !setting.row.vary.empty();
  for (const double value : varies ? setting.row.values : std::vector<double>{0.0}) {
    if (varies)
      set_number(setting.row.vary, value,
                 reproduction.document_of(setting.experiment).where(setting.row.prefix + "vary"), *config);
    Point& point = series.points.emplace_back(Point{.value = value, .runs = {}});
    for (std::uint64_t seed = 1; seed <= n_seeds; ++seed) {
      config->seed = seed;
      const auto title =
          title_of(setting, varies ? fmt::format(", {} {:g}, seed {}", setting.experiment.varied, value, seed)
                                   : fmt::format(", seed {}", seed));
      point.runs.push_back(runs.add(*config, setting.experiment.measures, false, title));
    }
  }
  return series;
}

bool selected(const Selection& selection, const std::string& id) {
  return selection.experiments.empty() ||
         std::ranges::find(selection.experiments, id) != selection.experiments.end();
}

}  // namespace

Expansion expand(const Reproduction& reproduction, const Selection& selection, const Results& results) {
  for (const auto& id : selection.experiments) (void)reproduction.at(id);
  Expansion expansion;
  Runs runs;
  for (const Experiment& experiment : reproduction.experiments) {
    if (!selected(selection, experiment.id)) continue;
    auto& section = expansion.sections.emplace_back();
    section.experiment = &experiment;
    for (const Row& row : experiment.rows)
      for (const auto& recipe : row.recipes) {
        if (std::ranges::find(selection.recipes, recipe) == selection.recipes.end()) continue;
        const std::uint64_t n_seeds = selection.n_seeds != 0
                                          ? selection.n_seeds
                                          : experiment.n_seeds(selection.effort, recipe, selection.dataset);
        section.series.push_back(expand_row(reproduction,
                                            {.experiment = experiment,
                                             .row = row,
                                             .recipe = recipe,
                                             .dataset = selection.dataset,
                                             .effort = selection.effort},
                                            n_seeds, results, runs));
      }
  }
  expansion.runs = runs.take();
  return expansion;
}

void check_settings(const Reproduction& reproduction) {
  TrainConfig scratch;
  const auto ask = [&scratch](io::TomlConfig& document, const std::string& prefix) {
    read_settings(document, prefix, scratch);
    for (const auto recipe : experiments::recipe_names)
      read_settings(document, part(prefix, recipe), scratch);
  };
  for (const auto& name : reproduction.recipes->names_in("recipe")) {
    const std::string section = "recipe." + name + ".";
    ask(*reproduction.recipes, section);
    for (const auto recipe : experiments::recipe_names)
      for (const auto dataset : experiments::known_datasets)
        read_settings(*reproduction.recipes, part(section, recipe, dataset), scratch);
  }
  reproduction.recipes->refuse_unknown();
  for (std::size_t e = 0; e < reproduction.experiments.size(); ++e) {
    io::TomlConfig& document = *reproduction.documents[e];
    if (reproduction.experiments[e].runs_of.empty())
      for (const Row& row : reproduction.experiments[e].rows) {
        ask(document, row.prefix);
        for (std::size_t c = 0; c < row.n_candidates; ++c)
          read_settings(document, fmt::format("{}candidate.{}.", row.prefix, c), scratch);
      }
    document.refuse_unknown();
  }
}

std::string run_id(TrainConfig config) {
  config.data_dir.clear();
  const TrainConfig defaults;
  io::Sha256 digest;
  for (const Field& field : fields())
    std::visit(
        [&](auto member) {
          if (config.*member == defaults.*member) return;
          const std::string line = fmt::format("{} = {}\n", field.key, config.*member);
          digest.update(std::as_bytes(std::span(line)));
        },
        field.member);
  return fmt::format("{}-{}-{}-{}-e{}-s{}-{}", config.dataset, fmt::join(config.hidden, "-"), config.wiring,
                     config.neuron, config.epochs, config.seed, digest.finish().substr(0, 8));
}

bool is_done(const ReproductionRun& run, const Results& results) {
  const auto found = results.find(run.id);
  return found != results.end() && std::ranges::all_of(run.measures, [&](const std::string& measure) {
           return found->second.measures.contains(measure);
         });
}

double estimated_seconds(const TrainConfig& config) {
  std::vector<std::uint64_t> sizes{config.image_size == 0 ? 784 : config.image_size * config.image_size};
  sizes.insert(sizes.end(), config.hidden.begin(), config.hidden.end());
  sizes.push_back(10);
  double weights = 0.0;
  double later_weights = 0.0;  // behind the first connection, whose currents are those of the images
  double neurons = 0.0;
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    const double n = static_cast<double>(sizes[l]) * static_cast<double>(sizes[l + 1]);
    weights += n;
    later_weights += l == 0 ? 0.0 : n;
    neurons += static_cast<double>(sizes[l + 1]);
  }
  const auto images =
      static_cast<double>((config.train_images == 0 ? 60000 : config.train_images) - config.validation);
  const double updates = images / static_cast<double>(config.batch_size);
  // Of one image through the network and back, and of one weight and its gradient in every update.
  const double steps = config.neuron == "snn" ? static_cast<double>(config.steps) : 0.0;
  const double per_image = 5e-6 + 3.5e-11 * weights + steps * (3.7e-11 * later_weights + 4.5e-10 * neurons);
  const double dims = config.wiring == "spatial" ? static_cast<double>(config.dims) : 2.0;
  const double pruning = config.pruned > 0.0 || !config.pruned_shares.empty() ? 1e-9 : 0.0;
  const double per_update = 1e-9 + 4e-10 * dims + pruning;
  return static_cast<double>(config.epochs) * (images * per_image + updates * weights * per_update);
}

void scale_estimates(std::vector<ReproductionRun>& runs, const Results& results, const std::string& machine) {
  double measured = 0.0;
  double estimated = 0.0;
  for (const auto& [id, result] : results) {
    if (result.machine != machine || result.threads != 1) continue;
    TrainConfig config;
    read_toml(io::TomlConfig::parse(result.configuration, id + " (configuration)"), config);
    measured += result.seconds;
    estimated += estimated_seconds(config);
  }
  if (estimated > 0.0)
    for (ReproductionRun& run : runs) run.seconds *= measured / estimated;
}

}  // namespace loci::cli
