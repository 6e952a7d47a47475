#include "io/raster_file.hpp"
