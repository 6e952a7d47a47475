#include "io/fetch.hpp"
