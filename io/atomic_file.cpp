#include "io/atomic_file.hpp"
