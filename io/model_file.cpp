#include "io/model_file.hpp"
