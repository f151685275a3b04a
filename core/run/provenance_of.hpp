// Where a run's results come from, by its manifest.
#pragma once

#include "base/json.hpp"
#include "checkpoint/provenance.hpp"

namespace engram::run {

// `manifest` is that of docs/run_folder.md.
checkpoint::Provenance provenance_of(const Json& manifest);

}  // namespace engram::run
