// Whether a merged model computes what it was made from.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "run/probes.hpp"

namespace engram::run {

// The largest difference of a logit that storing in a dtype ("fp32", "bf16", "fp16") may cause; docs/use_a_model.md
// says how they were measured.
double default_tolerance(const std::string& dtype);

struct MergeCheck {
  std::map<std::string, at::Tensor> logits;  // probe_logits() of what was merged
  Probes probes;
  std::string dtype;
  double tolerance = 0;
};

// The largest difference of a logit between `written`, read back, and what was merged. Throws DataError, naming `into`,
// where it is above the tolerance or no number at all.
double check_written(const model::Model& written, const MergeCheck& check, const std::filesystem::path& into);

}  // namespace engram::run
