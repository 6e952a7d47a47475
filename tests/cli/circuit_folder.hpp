// A folder with a small circuit in it, and the program at work there.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "workspace.hpp"

// Two populations in a square under Poisson drive: it fires, and excitation and inhibition both matter.
inline const std::string small_net =
    "[circuit]\nstep_ms = 0.1\nseed = 5\n[space]\ndims = 2\nperiodic = true\n"
    "[population.E]\nsize = 400\n[population.I]\nsize = 100\nmask = -1\n"
    "[[projection]]\nsource = [\"E\", \"I\"]\ntarget = [\"E\", \"I\"]\ncutoff = 0.15\nweight = 0.3\ndelay_ms "
    "= 0.5\nvelocity = 0.1\n"
    "[[input]]\ntarget = [\"E\", \"I\"]\nkind = \"poisson\"\nrate_hz = 9000\nweight = 0.1\n"
    "[run]\nduration_ms = 200\n";

inline Result loci_in(const TemporaryFolder& folder, const Arguments& arguments) {
  return run(arguments, {.folder = folder.path(), .environment = {}});
}

// loci simulate net.toml --json --force and more, which has to work.
inline nlohmann::json simulate_net(const TemporaryFolder& folder, const Arguments& more) {
  Arguments arguments{"simulate", "net.toml", "--json", "--force"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto result = loci_in(folder, arguments);
  CAPTURE(arguments, result.err);
  REQUIRE(result.exit_code == 0);
  return result.json();
}

// Refused with exit code 2, where, what and what to do; and nothing is touched.
inline void check_circuit_refused(const TemporaryFolder& folder, const Arguments& arguments,
                                  const std::vector<std::string>& said) {
  const std::size_t before = folder.n_entries();
  const auto result = loci_in(folder, arguments);
  CAPTURE(arguments, result.err, result.out);
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  for (const auto& text : said) CHECK_THAT(result.err, Catch::Contains(text));
  CHECK_THAT(result.err, Catch::Contains("\n  what to do: "));
  CHECK(folder.n_entries() == before);
}

// The program, told to run for ages, is killed when the file has grown to so many bytes.
inline void kill_while_writing(const TemporaryFolder& folder, const Arguments& arguments,
                               const std::string& file, std::uintmax_t n_bytes) {
  Process process(arguments, {.folder = folder.path(), .environment = {}});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  std::error_code error;
  while ((!std::filesystem::exists(folder / file) ||
          std::filesystem::file_size(folder / file, error) < n_bytes) &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  process.signal(SIGKILL);
  CHECK(process.wait().exit_code == -SIGKILL);
}
