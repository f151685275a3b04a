// What a folder is: a model, an adapter, a run, a training state, or several runs, by names and headers alone.
#pragma once

#include <filesystem>
#include <string>

#include "base/errors.hpp"
#include "base/json.hpp"

namespace engram::run {

// Whether the weights are read too, for their hash: whether an adapter's base is the one it was trained on.
enum class ReadWeights { no, yes };

struct Inspection {
  Json found;     // docs/use_a_model.md names the keys
  Faults faults;  // every file that is truncated or fits nothing else; what is sound is in `found` all the same
};

// `path`: a folder, or org/name in the Hugging Face cache. `base`: the model folder of an adapter that names another
// one, or none; empty: the one that it names. Throws DataError when there is nothing that could be inspected.
Inspection inspect(const std::filesystem::path& path, const std::string& base, ReadWeights weights);

}  // namespace engram::run
