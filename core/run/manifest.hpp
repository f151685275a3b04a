// manifest.json: every setting, seed, version and hash that a run depends on, so that it can be had again.
#pragma once

#include "base/json.hpp"
#include "checkpoint/run_folder.hpp"
#include "run/material.hpp"
#include "run/preparation.hpp"

namespace engram::run {

// Fields: docs/run_folder.md. Holds no clock value but `started`.
Json manifest(const Sources& sources, const Preparation& prepared, const Material& material);

// The labels of each task, by its name.
Json labels_by_task(const Preparation& prepared);

// What a new run leaves before anything else: its recipe, plan and manifest, and the log file from here on.
void write_records(const checkpoint::RunFolder& folder, const Sources& sources, Preparation& prepared,
                   const Material& material);

// Throws DataError when the weights, tokenizer or data files of a run are not those that its manifest `before` names:
// a run that goes on must go on with the same inputs. `run` is its folder.
void refuse_other_inputs(const Json& before, const Json& now, const std::filesystem::path& run);

}  // namespace engram::run
