// Texts with gaps: the parts of generated source, kept as files and compiled into the program.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace loci::backends {

// The file of that name under backends/, as in "c/net.c.in". Throws std::logic_error if there is none.
std::string_view template_text(std::string_view name);

// The text with each @key@ replaced by its value; what is put in is not looked at again. Throws
// std::logic_error for a key without a value.
std::string filled(std::string_view text, const std::map<std::string, std::string, std::less<>>& values);

// Any text as a name in C or Verilog: letters, digits and underscores, with a letter first.
std::string identifier(std::string_view text);

// Text that cannot end the comment it is put into, of /* */, and whose lines go on with `prefix`.
std::string comment(std::string_view text, std::string_view prefix);

}  // namespace loci::backends
