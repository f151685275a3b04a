// What a PATH stands for: the folder of an adapter or a model, and the run that wrote it.
#pragma once

#include <filesystem>

#include "checkpoint/artefact.hpp"

namespace engram::run {

struct KeptCheckpoint {
  std::filesystem::path folder;
  checkpoint::ArtefactKind kind = checkpoint::ArtefactKind::model_folder;  // or adapter
  std::filesystem::path run;  // in whose checkpoints the folder lies; empty: none
};

// The adapter or model at `path`, of a run its best checkpoint. Throws DataError: nothing usable is there, several runs
// are, a training state is, or the run kept no checkpoint (and why).
KeptCheckpoint kept_checkpoint(const std::filesystem::path& path);

}  // namespace engram::run
