// What an export makes of space: delays beside the distances that they stand for, and neurons on cores.
#pragma once

#include <optional>

#include "backends/core_capacity.hpp"
#include "experiments/export/model_export.hpp"

namespace loci::experiments {

// Into the certificate, where distances become delays: how far whole steps are from them. exported: the
// network as the target has it.
void add_delays(const ModelExport& request, const backends::FloatNetwork& trained,
                const backends::FloatNetwork& exported, backends::Certificate& certificate);
void add_delays(const ModelExport& request, const backends::FloatNetwork& trained,
                const backends::IntegerNetwork& exported, backends::Certificate& certificate);

// Into the certificate and the files, for a target of several cores: which neuron goes to which, chosen by
// the spikes of the calibration samples and measured by those of the certificate's evidence. Nothing where
// nobody says how many neurons a core holds, and for a target without cores. Throws InputError where they
// cannot be placed, and where nothing is placed though a placement was asked for.
void place(const ModelExport& request, const backends::FloatNetwork& trained,
           const backends::FloatNetwork& exported, const std::optional<backends::CoreCapacity>& core,
           ExportResult& result);
void place(const ModelExport& request, const backends::FloatNetwork& trained,
           const backends::IntegerNetwork& exported, const std::optional<backends::CoreCapacity>& core,
           ExportResult& result);

}  // namespace loci::experiments
