// manifest.json: every setting, seed, version and hash that a run depends on, so that it can be had again.
#pragma once

#include "base/json.hpp"
#include "run/material.hpp"
#include "run/preparation.hpp"

namespace engram::run {

// Fields: docs/run_folder.md. Holds no clock value but `started`.
Json manifest(const Sources& sources, const Preparation& prepared, const Material& material);

}  // namespace engram::run
