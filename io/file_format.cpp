#include "io/file_format.hpp"
