#include "io/dataset.hpp"
