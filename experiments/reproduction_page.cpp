#include "experiments/reproduction_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "experiments/reproduction_figures.hpp"

namespace loci::experiments {
namespace {

constexpr std::string_view introduction = R"(# Reproduction

The tables and figures of the seed paper (Erb et al. 2025, arXiv 2506.13410) with networks trained here, beside the paper's
numbers. This page is made by `loci reproduce --render` from the runs kept in `experiments/results/reproduction`; `loci reproduce`
makes those that are missing.

Recipe *paper* is as close to the paper's text as it allows, recipe *loci* the best we know at the same number of parameters
(`experiments/reproduction/recipes.toml`). Every choice was made on a part of the training images. A reported run trains on all of
them for a fixed number of epochs and reads the test images once, at its end. ± is the standard deviation over seeds; times are
those of all seeds together.
)";

constexpr std::string_view elsewhere = R"(
Not in the paper. What each table and figure shows is said above. Recipes were chosen on MNIST, but for what
`recipes.toml` says of this data set, which was chosen on its own training images.
)";

// Where, with how many threads, and by which build.
std::string how_run(const Section& section, const Results& results) {
  std::set<std::string> ways;
  std::set<std::string> builds;
  for (const Series& series : section.series)
    for (const Point& point : series.points)
      for (const RunResult* run : finished(point.runs, results)) {
        ways.insert(fmt::format("{}, {} at a time with {} thread{}, {} kernels", run->machine, run->jobs,
                                run->threads, run->threads == 1 ? "" : "s", run->instruction_set));
        builds.insert(fmt::format("{} ({})", run->loci_version, run->loci_commit));
      }
  return fmt::format("Run on {}; loci {}.\n", fmt::join(ways, "; "), fmt::join(builds, ", "));
}

std::string data_set_title(const std::string& dataset) {
  if (dataset == "mnist") return "MNIST";
  if (dataset == "fashion-mnist") return "Fashion-MNIST";
  return dataset;
}

std::string csv_number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

// Lines for one run, each beginning with what names the run.
void add_data(const Experiment& experiment, const Series& series, const Point& point, const RunResult& run,
              std::string& text) {
  const std::string head =
      fmt::format("{},\"{}\",{},{}", series.dataset, series.row->title, series.recipe, run.seed);
  if (experiment.kind == "curves") {
    for (std::size_t e = 0; e < run.train_accuracy.size(); ++e)
      text += fmt::format("{},{},{},{}\n", head, e + 1, run.train_accuracy[e], run.train_loss[e]);
  } else if (experiment.kind == "pruning") {
    for (const PruningCurve& curve : pruning_curves(run))
      for (std::size_t at = 0; at < curve.shares.size(); ++at)
        text += fmt::format("{},\"{}\",{},{}\n", head, curve.removed, curve.shares[at], curve.accuracies[at]);
  } else if (experiment.kind == "layers" && run.measures.contains("layers")) {
    const auto& layers = run.measures.at("layers");
    for (std::size_t l = 0; l < layers.size(); ++l)
      for (std::size_t b = 0; b < layers[l]["count"].size(); ++b)
        text += fmt::format("{},{},{},{},{}\n", head, l, layers[l]["edge"][b].get<double>(),
                            layers[l]["edge"][b + 1].get<double>(), layers[l]["count"][b].get<std::size_t>());
  } else if (experiment.kind == "varied") {
    text += fmt::format("{},{},{}\n", head, point.value, csv_number(run.test_accuracy));
  } else if (experiment.kind == "table" || experiment.kind == "frontier" || experiment.kind == "parameters") {
    text += fmt::format("{},{},{},{}\n", head, series.row->budget.value_or(run.parameters), run.parameters,
                        csv_number(run.test_accuracy));
  }
}

std::vector<std::string> finished_datasets(const std::vector<Section>& sections, const Results& results) {
  std::vector<std::string> datasets;
  for (const Section& section : sections)
    for (const Series& series : section.series)
      if (any_finished(series, results) && std::ranges::find(datasets, series.dataset) == datasets.end())
        datasets.push_back(series.dataset);
  std::ranges::sort(datasets, std::greater<>());  // MNIST, the paper's, first
  return datasets;
}

Section of_dataset(const Section& whole, const std::string& dataset) {
  Section section{.experiment = whole.experiment, .series = {}};
  std::ranges::copy_if(whole.series, std::back_inserter(section.series),
                       [&](const Series& series) { return series.dataset == dataset; });
  return section;
}

std::string figure_name(const Section& section, const std::string& dataset) {
  return section.experiment->id + (dataset == paper_dataset ? "" : "-" + dataset) + ".svg";
}

const char* columns_of(const std::string& kind) {
  if (kind == "curves") return "epoch,train_accuracy,train_loss";
  if (kind == "pruning") return "removed,share,test_accuracy";
  if (kind == "layers") return "layer,from,to,neurons";
  if (kind == "varied") return "value,test_accuracy";
  return "budget,parameters,test_accuracy";
}

}  // namespace

std::string page_text(const std::vector<Section>& sections, const Results& results,
                      const std::string& figures) {
  std::string text{introduction};
  const auto datasets = finished_datasets(sections, results);
  for (const auto& dataset : datasets) {
    text += fmt::format("\n## {}\n", data_set_title(dataset));
    if (dataset != paper_dataset) text += elsewhere;
    std::vector<std::string> missing;
    for (const Section& whole : sections) {
      const Section section = of_dataset(whole, dataset);
      const std::string tables = section_text(section, results);
      if (tables.empty()) {
        missing.push_back(whole.experiment->id);
        continue;
      }
      text += fmt::format("\n### {}\n\n", whole.experiment->title);
      if (dataset == paper_dataset) text += whole.experiment->text + "\n\n";
      text += tables + "\n";
      if (!section_figure(section, results).empty())
        text +=
            fmt::format("![{}]({}/{})\n\n", whole.experiment->title, figures, figure_name(whole, dataset));
      const std::string& finding =
          dataset == paper_dataset ? whole.experiment->finding : whole.experiment->finding_elsewhere;
      if (!finding.empty()) text += finding + "\n\n";
      text += how_run(section, results);
      if (whole.experiment->kind != "activity")
        text += fmt::format("Data: `{}/{}.csv`.\n", figures, whole.experiment->id);
    }
    if (!missing.empty()) text += fmt::format("\nNot run yet: {}.\n", fmt::join(missing, ", "));
  }
  if (datasets.empty()) text += "\nNothing is run yet.\n";
  return text;
}

std::map<std::string, std::string> figure_files(const std::vector<Section>& sections,
                                                const Results& results) {
  std::map<std::string, std::string> files;
  for (const auto& dataset : finished_datasets(sections, results))
    for (const Section& section : sections)
      if (std::string svg = section_figure(of_dataset(section, dataset), results); !svg.empty())
        files[figure_name(section, dataset)] = std::move(svg);
  for (const Section& section : sections) {
    if (section.experiment->kind == "activity") continue;
    std::string text;
    for (const Series& series : section.series)
      for (const Point& point : series.points)
        for (const RunResult* run : finished(point.runs, results))
          add_data(*section.experiment, series, point, *run, text);
    if (!text.empty())
      files[section.experiment->id + ".csv"] =
          fmt::format("dataset,network,recipe,seed,{}\n{}", columns_of(section.experiment->kind), text);
  }
  return files;
}

}  // namespace loci::experiments
