#include "program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace {

struct Ends {
  int read = -1;
  int write = -1;
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  return {ends[0], ends[1]};
}

Ends make_terminal() {
  Ends ends;
  if (openpty(&ends.read, &ends.write, nullptr, nullptr, nullptr) != 0)
    throw std::runtime_error("no terminal");
  for (const int end : {ends.read, ends.write}) fcntl(end, F_SETFD, FD_CLOEXEC);
  return ends;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Appends what is there; closes the stream where it ends.
void take(int& stream, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t got = read(stream, buffer.data(), buffer.size());
  if (got > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  } else {
    close(stream);  // a terminal whose other end is closed says so with an error
    stream = -1;
  }
}

}  // namespace

nlohmann::json Result::json() const {
  auto parsed = nlohmann::json::parse(out, nullptr, false);
  if (parsed.is_discarded())
    throw std::runtime_error("this is not JSON: " + out + "\nstandard error: " + err);
  return parsed;
}

Process::Process(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
  std::vector<std::string> words{LOCI_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = surroundings.environment;  // the first of a name counts
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  const auto argv = pointers(words);
  const auto envp = pointers(environment);
  const Ends out = make_pipe();
  const Ends err = surroundings.terminal ? make_terminal() : make_pipe();
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  id_ = fork();
  if (id_ < 0) throw std::runtime_error("no process");
  if (id_ == 0) {
    if (dup2(nothing, STDIN_FILENO) >= 0 && dup2(out.write, STDOUT_FILENO) >= 0 &&
        dup2(err.write, STDERR_FILENO) >= 0 && chdir(surroundings.folder.c_str()) == 0)
      execve(LOCI_PROGRAM, argv.data(), envp.data());
    _exit(127);
  }
  for (const int end : {nothing, out.write, err.write}) close(end);
  out_ = out.read;
  err_ = err.read;
}

Process::~Process() {
  if (id_ > 0) {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
  for (const int stream : {out_, err_})
    if (stream >= 0) close(stream);
}

void Process::signal(int number) const {
  kill(id_, number);
}

bool Process::pump() {
  if (out_ < 0 && err_ < 0) return false;
  std::array<pollfd, 2> streams{
      {{.fd = out_, .events = POLLIN, .revents = 0}, {.fd = err_, .events = POLLIN, .revents = 0}}};
  poll(streams.data(), streams.size(), 100);
  if (streams[0].revents != 0) take(out_, result_.out);
  if (streams[1].revents != 0) take(err_, result_.err);
  if (std::chrono::steady_clock::now() > deadline_)
    throw std::runtime_error("the program does not end; it said: " + result_.out + result_.err);
  return true;
}

bool Process::wait_for_err(const std::string& text) {
  while (result_.err.find(text) == std::string::npos)
    if (!pump()) return false;
  return true;
}

Result Process::wait() {
  while (pump()) {
  }
  int status = 0;
  waitpid(std::exchange(id_, -1), &status, 0);
  result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return result_;
}

Result run(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
  return Process(arguments, surroundings).wait();
}
