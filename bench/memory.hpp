// How much memory this process has and had, from /proc/self/status. Not from getrusage: there the peak of a
// program begins with that of the process that started it.
#pragma once

namespace loci::bench {

double resident_mib();
double peak_mib();

// From here on the peak counts anew: what was allocated and freed before, such as the data set's files, is
// given back first. False where the system does not allow it; the peak then covers the whole process.
bool forget_peak();

}  // namespace loci::bench
