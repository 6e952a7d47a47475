// loci reproduce: experiments -> the runs that are missing -> results -> tables beside the paper's numbers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "cli/reproduction_pool.hpp"
#include "experiments/reproduction_page.hpp"
#include "io/atomic_file.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

namespace fs = std::filesystem;
using experiments::Effort;
using experiments::Results;
using experiments::Section;
using experiments::Series;

struct ReproduceOptions {
  std::vector<std::string> experiments;
  bool quick = false;
  bool full = false;
  std::uint64_t seeds = 0;
  std::string recipe = "both";
  std::string dataset = "mnist";
  std::string results = "experiments/results";
  std::string folder;  // of experiments
  std::string data_dir;
  std::uint64_t jobs = 0;
  double checkpoint_seconds = 60.0;
  bool list = false;
  bool render = false;
  std::string page = "docs/reproduction.md";
  Output output;
};

experiments::Reproduction load(const ReproduceOptions& options) {
  auto reproduction = experiments::load_reproduction(
      options.folder.empty() ? std::nullopt : std::optional<fs::path>(options.folder));
  check_settings(reproduction);
  return reproduction;
}

fs::path runs_folder(const ReproduceOptions& options) {
  return fs::path(options.results) / "reproduction";
}

Selection selection_of(const ReproduceOptions& options) {
  Selection selection{
      .experiments = options.experiments, .dataset = options.dataset, .n_seeds = options.seeds};
  selection.effort = options.quick ? Effort::quick : options.full ? Effort::full : Effort::plan;
  if (options.recipe != "both") selection.recipes = {options.recipe};
  return selection;
}

std::vector<ReproductionRun> missing_runs(const Expansion& expansion, const Results& results) {
  std::vector<ReproductionRun> missing;
  std::ranges::copy_if(expansion.runs, std::back_inserter(missing),
                       [&](const ReproductionRun& run) { return !is_done(run, results); });
  scale_estimates(missing, results, machine_name());
  return missing;
}

double hours_of(const std::vector<ReproductionRun>& runs) {
  double seconds = 0.0;
  for (const ReproductionRun& run : runs) seconds += run.seconds;
  return seconds / 3600;
}

// What each experiment needs by itself; runs that several share count for each, and once in the sum.
int list(const ReproduceOptions& options) {
  const auto reproduction = load(options);
  const Results results = experiments::read_results(runs_folder(options));
  Selection selection = selection_of(options);
  const Expansion whole = expand(reproduction, selection, results);
  const auto left = missing_runs(whole, results);
  nlohmann::json json{{"runs", whole.runs.size()}, {"missing", left.size()}, {"hours", hours_of(left)}};
  for (const Section& section : whole.sections) {
    selection.experiments = {section.experiment->id};
    const Expansion own = expand(reproduction, selection, results);
    const auto missing = missing_runs(own, results);
    const bool waits =
        std::ranges::any_of(section.series, [](const Series& series) { return series.points.empty(); });
    json["experiments"].push_back({{"id", section.experiment->id},
                                   {"title", section.experiment->title},
                                   {"runs", own.runs.size()},
                                   {"missing", missing.size()},
                                   {"hours", hours_of(missing)},
                                   {"more_after_a_choice", waits}});
  }
  if (options.output.json) {
    print_json(json);
    return 0;
  }
  fmt::print("{:<10} {:<45} {:>11} {:>12}\n", "experiment", "", "runs done", "time left");
  for (const auto& row : json["experiments"])
    fmt::print("{:<10} {:<45} {:>5} / {:<3} {:>12}{}\n", row["id"].get<std::string>(),
               row["title"].get<std::string>(),
               row["runs"].get<std::size_t>() - row["missing"].get<std::size_t>(),
               row["runs"].get<std::size_t>(), clock_text(3600 * row["hours"].get<double>()),
               row["more_after_a_choice"].get<bool>() ? "  (and what is chosen then)" : "");
  fmt::print("{:<10} {:<45} {:>5} / {:<3} {:>12}\n", "all", "each run once, time on one thread",
             whole.runs.size() - left.size(), whole.runs.size(), clock_text(3600 * hours_of(left)));
  return 0;
}

// Rows with something to show: of those that take several values, two of them at least, for other experiments
// may have made one.
std::size_t n_finished(const Section& section, const Results& results) {
  std::size_t n = 0;
  for (const Series& series : section.series) {
    const auto n_points = std::ranges::count_if(series.points, [&](const experiments::Point& point) {
      return !experiments::finished(point.runs, results).empty();
    });
    n += n_points >= (series.row->values.size() > 1 ? 2 : 1);
  }
  return n;
}

// Each experiment as it was made with one effort, so that its rows can be compared: with the one that has the
// most rows, and of equal ones the greatest.
std::vector<Section> best_sections_on(const std::string& dataset,
                                      const experiments::Reproduction& reproduction,
                                      const ReproduceOptions& options, const Results& results) {
  Selection selection{.dataset = dataset, .n_seeds = std::max<std::uint64_t>(options.seeds, 3)};
  std::vector<Section> sections;
  for (const Effort effort : {Effort::full, Effort::plan, Effort::quick}) {
    selection.effort = effort;
    auto expanded = expand(reproduction, selection, results).sections;
    if (sections.empty()) {
      sections = std::move(expanded);
      continue;
    }
    for (std::size_t s = 0; s < sections.size(); ++s)
      if (n_finished(expanded[s], results) > n_finished(sections[s], results))
        sections[s] = std::move(expanded[s]);
  }
  return sections;
}

std::vector<Section> best_sections(const experiments::Reproduction& reproduction,
                                   const ReproduceOptions& options, const Results& results) {
  std::vector<Section> best;
  for (const auto dataset : experiments::known_datasets) {
    auto sections = best_sections_on(std::string(dataset), reproduction, options, results);
    if (best.empty()) best.resize(sections.size());
    for (std::size_t s = 0; s < sections.size(); ++s) {
      best[s].experiment = sections[s].experiment;
      std::ranges::move(sections[s].series, std::back_inserter(best[s].series));
    }
  }
  return best;
}

int render(const ReproduceOptions& options) {
  const auto reproduction = load(options);
  const Results results = experiments::read_results(runs_folder(options));
  const auto sections = best_sections(reproduction, options, results);
  const fs::path page = options.page;
  const fs::path figures = page.parent_path() / page.stem();
  prepare_output(page);
  io::write_file(page, experiments::page_text(sections, results, page.stem().string()));
  nlohmann::json json{{"page", page.string()}, {"runs", results.size()}};
  for (const auto& [name, text] : experiments::figure_files(sections, results)) {
    prepare_output(figures / name);
    io::write_file(figures / name, text);
    json["data"].push_back((figures / name).string());
  }
  if (options.output.json)
    print_json(json);
  else if (!options.output.quiet)
    fmt::print("{} made from {} runs\n", page.string(), results.size());
  return 0;
}

nlohmann::json tables_json(const Expansion& expansion, const Results& results) {
  nlohmann::json tables = nlohmann::json::array();
  for (const Section& section : expansion.sections)
    for (const Series& series : section.series)
      for (const auto& point : series.points) {
        const auto summary = experiments::summary_of(experiments::accuracies(point.runs, results));
        if (summary.n == 0) continue;
        nlohmann::json row{{"experiment", section.experiment->id},
                           {"row", series.row->id},
                           {"recipe", series.recipe},
                           {"dataset", series.dataset},
                           {"test_accuracy", summary.mean},
                           {"deviation", summary.deviation},
                           {"seeds", summary.n},
                           {"runs", point.runs}};
        if (!series.row->vary.empty()) row["value"] = point.value;
        if (series.row->paper_accuracy && series.dataset == experiments::paper_dataset)
          row["paper"] = *series.row->paper_accuracy;
        tables.push_back(row);
      }
  return tables;
}

void show(const Expansion& expansion, const PoolOutcome& outcome, const Results& results,
          const ReproduceOptions& options) {
  for (const auto& [id, failure] : outcome.failures) fmt::print(stderr, "loci: {}: {}\n", id, failure);
  if (outcome.interrupted) fmt::print(stderr, "stopped; the same command goes on where this one stopped\n");
  if (options.output.json) {
    print_json({{"made", outcome.n_made},
                {"failed", outcome.failures},
                {"interrupted", outcome.interrupted},
                {"missing", missing_runs(expansion, results).size()},
                {"tables", tables_json(expansion, results)}});
    return;
  }
  for (const Section& section : expansion.sections) {
    const std::string text = experiments::section_text(section, results);
    if (!text.empty()) fmt::print("{} on {}\n\n{}\n", section.experiment->title, options.dataset, text);
  }
}

int make(const ReproduceOptions& options) {
  const auto reproduction = load(options);
  const Selection selection = selection_of(options);
  const fs::path folder = runs_folder(options);
  Results results = experiments::read_results(folder);
  prepare_output(folder / "models" / "model.h5");
  watch_interrupts();
  PoolOutcome outcome;
  Expansion expansion = expand(reproduction, selection, results);
  // Again after a choice among candidates, which asks for more.
  for (auto missing = missing_runs(expansion, results); !outcome.interrupted;
       missing = missing_runs(expansion, results)) {
    std::erase_if(missing, [&](const ReproductionRun& run) { return outcome.failures.contains(run.id); });
    if (missing.empty()) break;
    make_runs(missing,
              {.results = folder,
               .data_dir = options.data_dir,
               .checkpoint_seconds = options.checkpoint_seconds,
               .n_jobs = options.jobs},
              options.output, results, outcome);
    expansion = expand(reproduction, selection, results);
  }
  show(expansion, outcome, results, options);
  if (outcome.interrupted) return 130;
  return outcome.failures.empty() ? 0 : 2;
}

int reproduce(const ReproduceOptions& options) {
  if (options.list) return list(options);
  if (options.render) return render(options);
  return make(options);
}

}  // namespace

void add_reproduce(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReproduceOptions>();
  CLI::App* command = app.add_subcommand(
      "reproduce", "Train what the seed paper's tables and figures show, and put it beside its numbers");
  command->add_option("ids", options->experiments, "ids such as table1 (--list); none: all");
  CLI::Option* quick = command->add_flag("--quick", options->quick, "minutes: one seed, few epochs");
  command->add_flag("--full", options->full, "the paper's epochs and three seeds of everything")
      ->excludes(quick);
  command->add_option("--seeds", options->seeds, "how many, from 1 on, instead of what experiments say")
      ->check(whole_number(1000));
  command->add_option("--recipe", options->recipe, "paper, loci or both")
      ->capture_default_str()
      ->check(CLI::IsMember({"paper", "loci", "both"}));
  command->add_option("--dataset", options->dataset, "mnist or fashion-mnist")
      ->capture_default_str()
      ->check(CLI::IsMember(
          std::vector<std::string>(experiments::known_datasets.begin(), experiments::known_datasets.end())));
  command->add_option("--results", options->results, "folder of results; finished runs are not made again")
      ->capture_default_str();
  command->add_option("--experiments", options->folder, "folder of experiments instead of the built-in ones");
  command->add_option("--data-dir", options->data_dir, "folder of the data set's idx files");
  command
      ->add_option(
          "--jobs", options->jobs,
          "runs at a time; 0: as many as there are cores, each with one thread, which is faster than "
          "one run with all")
      ->check(whole_number(most_threads));
  command
      ->add_option("--checkpoint-seconds", options->checkpoint_seconds,
                   "save each run after so many seconds; an interrupted one goes on from there")
      ->capture_default_str();
  CLI::Option* list_option =
      command->add_flag("--list", options->list, "what there is, what is done and how long the rest takes");
  command->add_flag("--render", options->render, "make the page from the kept results; trains nothing")
      ->excludes(list_option);
  command->add_option("--page", options->page, "of --render: where the page goes, its data beside it")
      ->capture_default_str();
  command->add_flag("--quiet", options->output.quiet, "no progress");
  command->add_flag("--json", options->output.json, "as JSON");
  command->callback([options, &action] { action = [options] { return reproduce(*options); }; });
}

}  // namespace loci::cli
