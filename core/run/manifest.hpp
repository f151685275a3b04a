// manifest.json: every setting, seed, version and hash that a run depends on, so that it can be had again.
#pragma once

#include "base/json.hpp"
#include "checkpoint/run_folder.hpp"
#include "run/material.hpp"
#include "run/preparation.hpp"

namespace engram::run {

// Fields: docs/run_folder.md. Holds no clock value but `started`. `material` is null before it is loaded: then hashes,
// device and what training goes on from are null.
Json manifest(const Sources& sources, const Preparation& prepared, const Material* material);

// The manifest of a run that is to go on. Throws DataError when another version of engram wrote it in another format.
Json manifest_to_go_on(const checkpoint::RunFolder& folder);
// Whether it was written after the model and the data had been loaded.
bool is_complete(const Json& manifest);

// The labels of each task, by its name.
Json labels_by_task(const Preparation& prepared);

// What a run folder holds from its first moment: the recipe, and the manifest as far as it is known.
void write_first_records(const std::filesystem::path& folder, const Sources& sources, const Preparation& prepared);
// Plan and manifest, once everything is loaded.
void write_records(const checkpoint::RunFolder& folder, const Sources& sources, Preparation& prepared,
                   const Material& material);

// Throws DataError when the weights, tokenizer or data files of a run are not those that its manifest `before` names:
// a run that goes on must go on with the same inputs. `run` is its folder.
void refuse_other_inputs(const Json& before, const Json& now, const std::filesystem::path& run);

}  // namespace engram::run
