// Every case that the chips' own Verilog was simulated with, whatever its name and size: all spikes in their
// order, all membranes and outputs.
#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <sstream>

#include "backends/hex_text.hpp"
#include "backends/odin.hpp"
#include "backends/reckon.hpp"
#include "backends/tiny_odin.hpp"
#include "sim/error.hpp"
#include "tests/backends/golden_folder.hpp"

using namespace loci;
using namespace loci::backends;

namespace {

using test::golden_cases;
using Files = std::vector<ExportedFile>;
using Replay = std::function<std::string(const Files&)>;  // the log that the emulator gives

struct Agreement {
  std::size_t values = 0;  // numbers compared: spikes, membranes, outputs
  std::size_t spikes = 0;
  std::size_t mismatches = 0;
};

Files read_folder(const std::filesystem::path& folder) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    files.push_back({entry.path().filename().string(),
                     std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>())});
  }
  return files;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

Agreement compare(const std::string& emulated, const std::string& simulated) {
  const std::vector<TextLine> ours = lines_of(emulated);
  const std::vector<TextLine> theirs = lines_of(simulated);
  REQUIRE(ours.size() == theirs.size());
  Agreement agreement;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const std::vector<std::string> mine = words_of(std::string(ours[i].text));
    const std::vector<std::string> golden = words_of(std::string(theirs[i].text));
    INFO("line " << theirs[i].number);
    REQUIRE(mine.size() == golden.size());
    for (std::size_t w = 0; w < golden.size(); ++w) {
      agreement.values += golden[w].find_first_of("0123456789") != std::string::npos ? 1 : 0;
      agreement.mismatches += mine[w] != golden[w] ? 1 : 0;
    }
    if (golden.front() == "S") ++agreement.spikes;
    if (golden.front() == "T")
      agreement.spikes +=
          static_cast<std::size_t>(std::find(golden.begin(), golden.end(), "|") - golden.begin()) - 1;
  }
  return agreement;
}

void check_all(const std::string& set, const Replay& replay) {
  const auto cases = golden_cases(set);
  REQUIRE_FALSE(cases.empty());
  Agreement all;
  for (const auto& folder : cases) {
    INFO(folder);
    const Files files = read_folder(folder);
    const Agreement agreement = compare(replay(files), text_of(files, "rtl.log"));
    CHECK(agreement.mismatches == 0);
    CHECK(agreement.spikes > 100);
    all.values += agreement.values;
    all.spikes += agreement.spikes;
    all.mismatches += agreement.mismatches;
  }
  CHECK(all.values > 4000);
  std::cout << "golden " << set << " cases: " << cases.size() << "; compared " << all.values << " numbers, "
            << all.spikes << " spikes, " << all.mismatches << " mismatches\n";
}

std::string replay_tiny_odin(const Files& files) {
  TinyOdin chip(read_tiny_odin_image(files));
  return crossbar_log(chip, read_hex_list("events.txt", text_of(files, "events.txt")));
}

std::string replay_odin(const Files& files) {
  Odin chip(read_odin_image(files));
  return crossbar_log(chip, read_hex_list("events.txt", text_of(files, "events.txt")));
}

std::string replay_reckon(const Files& files) {
  Reckon chip(read_reckon_image(files));
  return reckon_log(chip, read_reckon_events("events.txt", text_of(files, "events.txt")));
}

// Takes away each of the files that a case needs, and expects to be told which is missing.
void check_missing(const std::string& set, const Replay& replay, const std::vector<std::string>& needed) {
  const auto cases = golden_cases(set);
  REQUIRE_FALSE(cases.empty());
  for (const auto& folder : cases)
    for (const std::string& name : needed) {
      INFO(folder);
      Files files = read_folder(folder);
      REQUIRE(std::erase_if(files, [&](const ExportedFile& file) { return file.name == name; }) == 1);
      try {
        compare(replay(files), text_of(files, "rtl.log"));
        FAIL("nothing was said of " << name);
      } catch (const InputError& error) {
        CHECK(error.where() == name);
        CHECK(error.problem() == "is missing beside the other files");
        CHECK_FALSE(error.remedy().empty());
      }
    }
}

}  // namespace

TEST_CASE("tinyODIN is emulated as its Verilog was simulated") {
  check_all("tinyodin", replay_tiny_odin);
}

TEST_CASE("ODIN is emulated as its Verilog was simulated") {
  check_all("odin", replay_odin);
}

TEST_CASE("ReckOn is emulated as its Verilog was simulated") {
  check_all("reckon", replay_reckon);
}

TEST_CASE("a golden case with a file missing is refused by the file's name") {
  check_missing("tinyodin", replay_tiny_odin, {"neur.hex", "syn.hex", "config.txt", "events.txt", "rtl.log"});
  check_missing("odin", replay_odin, {"neur.hex", "syn.hex", "sign.hex", "events.txt", "rtl.log"});
  check_missing("reckon", replay_reckon,
                {"cfg.hex", "neur.hex", "winp.hex", "wrec.hex", "wout.hex", "events.txt", "rtl.log"});
}

TEST_CASE("golden memory images are written again as they were read") {
  const auto check = [](const std::string& set, auto read, auto write) {
    for (const auto& folder : golden_cases(set)) {
      INFO(folder);
      const auto image = read(read_folder(folder));
      const Files written = write(image, ExportFacts{});
      CHECK(read(written) == image);
      for (const ExportedFile& file : read_folder(folder)) {
        if (file.name == "events.txt" || file.name == "rtl.log" || file.name == "config.txt") continue;
        std::string ours;
        for (const TextLine& line : lines_of(text_of(written, file.name)))
          ours += std::string(line.text) + "\n";
        CHECK(ours == std::get<std::string>(file.content));
      }
    }
  };
  check("tinyodin", read_tiny_odin_image, write_tiny_odin_image);
  check("odin", read_odin_image, write_odin_image);
  check("reckon", read_reckon_image, write_reckon_image);
}
