// The built program as a user runs it: arguments as they are (no shell), a working folder, and what came out.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

struct Result {
  int exit_code = 0;  // minus the signal's number where one ended it
  std::string out;
  std::string err;

  // Standard output as JSON, which has to be all there is.
  nlohmann::json json() const;
};

struct Surroundings {
  std::filesystem::path folder;          // to work in
  std::vector<std::string> environment;  // NAME=value, besides what the tests were started with
  bool terminal = false;                 // standard error is a terminal
};

// A run that is watched while it goes on. What outlives its test is killed.
class Process {
 public:
  Process(const std::vector<std::string>& arguments, const Surroundings& surroundings);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const;
  // False when the program ended without saying so.
  bool wait_for_err(const std::string& text);
  // Throws std::runtime_error for a program that does not end.
  Result wait();

 private:
  bool pump();  // false: both streams have ended

  pid_t id_ = -1;
  int out_ = -1;
  int err_ = -1;
  Result result_;
  std::chrono::steady_clock::time_point deadline_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(300);
};

Result run(const std::vector<std::string>& arguments, const Surroundings& surroundings);
