#include "io/toml_config.hpp"
