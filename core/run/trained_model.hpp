// What a run has trained, opened for use.
#pragma once

#include <filesystem>

#include "predict/predictor.hpp"

namespace engram::run {

// The best checkpoint of a run folder, on the model it started from where it is an adapter. Throws DataError: no run
// folder, no checkpoint, or a base model whose weights are no longer those that the adapter was trained on.
predict::Predictor open_trained(const std::filesystem::path& run_folder, at::Device device);

}  // namespace engram::run
