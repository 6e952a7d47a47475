// The one kind of error a user can mend: bad input, said with its place and its cure.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace loci {

// Thrown at the borders (files, options, descriptions). The command line turns it into exit code 2.
class InputError : public std::runtime_error {
 public:
  InputError(std::string where, std::string what_is_wrong, std::string what_to_do)
      : std::runtime_error(where + ": " + what_is_wrong + "; " + what_to_do),
        where_(std::move(where)),
        problem_(std::move(what_is_wrong)),
        remedy_(std::move(what_to_do)) {}

  const std::string& where() const { return where_; }
  const std::string& problem() const { return problem_; }
  const std::string& remedy() const { return remedy_; }

 private:
  std::string where_;
  std::string problem_;
  std::string remedy_;
};

}  // namespace loci
