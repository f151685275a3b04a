// Which tensor of a checkpoint is which parameter of the encoder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "engram/sdk/model_view.hpp"
#include "model/safetensors_header.hpp"

namespace engram::model {

struct TrunkNames {
  std::map<std::string, std::string> trunk;  // parameter name -> name in its file
  std::string classifier_weight;             // "" where the file has no classifier
  std::string classifier_bias;
};

// Accepts names with or without the `bert.` prefix and LayerNorm's old gamma and beta. Leaves out what is no weight of
// the encoder: position_ids buffers and the pretraining heads (cls.*). Missing, unexpected and misshapen tensors become
// faults, all of them; `file` is what they name.
TrunkNames match_trunk(const std::vector<SafetensorsEntry>& entries, const sdk::ModelView& view,
                       const std::string& file, Faults& faults);

}  // namespace engram::model
