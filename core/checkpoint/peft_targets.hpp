// Which linear sites adapter_config.json means, and with which numbers: PEFT's rules, but nothing that matches nothing
// is passed over.
#pragma once

#include <vector>

#include "checkpoint/adapter.hpp"
#include "checkpoint/peft_config.hpp"

namespace engram::checkpoint {

// By target_modules (a list of names or endings, a regular expression, "all-linear"; missing: peft's choice for BERT),
// exclude_modules, modules_to_save, layers_to_transform and layers_pattern, in the model's order. Faults: entries that
// match no linear site, layers that the model does not have, nothing left.
std::vector<sdk::LinearSite> peft_targets(const PeftConfig& config, const sdk::ModelView& view, PeftClass trained_on);

}  // namespace engram::checkpoint
