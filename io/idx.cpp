#include "io/idx.hpp"
