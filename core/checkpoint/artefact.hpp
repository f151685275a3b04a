// What a folder holds: a model, an adapter, a run, one of its training states, or several runs.
#pragma once

#include <filesystem>

namespace engram::checkpoint {

enum class ArtefactKind { model_folder, adapter, run, training_state, grid, chain };

struct Artefact {
  ArtefactKind kind = ArtefactKind::model_folder;
  // That holds it: the given one, or for an adapter with another name than "default" the subfolder that peft made.
  std::filesystem::path folder;
};

// By the names of its files alone. Throws DataError when there is nothing, a file, or a folder that is none of these;
// it says what was looked for, and of several adapters in subfolders their names.
Artefact identify(const std::filesystem::path& folder);

}  // namespace engram::checkpoint
