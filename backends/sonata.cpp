#include "backends/sonata.hpp"

namespace loci::backends {

std::vector<PropertyFidelity> sonata_fidelity() {
  return {{"neuron equation", Fidelity::exact,
           "for loci (loci:lif_discrete); others find tau_m, e_l, v_th of the continuous neuron that comes "
           "closest"},
          {"reset", Fidelity::exact, "as attributes reset and reset_delay; v_reset only where it is to zero"},
          {"comparison", Fidelity::exact, ""},
          {"leak", Fidelity::exact, ""},
          {"delay", Fidelity::exact, "in ms; each layer adds one step"},
          {"weights", Fidelity::exact, "in single precision, as trained"},
          {"biases", Fidelity::exact, "edges of one more neuron for each layer, which fires at every step"}};
}

}  // namespace loci::backends
