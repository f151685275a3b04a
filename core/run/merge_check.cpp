#include "run/merge_check.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"

namespace engram::run {

double default_tolerance(const std::string& dtype) {
  if (dtype == "bf16") return 0.2;
  return dtype == "fp16" ? 0.02 : 1e-4;
}

double check_written(const model::Model& written, const MergeCheck& check, const std::filesystem::path& into) {
  const double difference = largest_difference(check.logits, probe_logits(written, written.heads(), check.probes));
  if (difference <= check.tolerance) return difference;
  throw DataError({.what = "the merged model does not compute what it was made from: the largest difference of a logit "
                           "over " +
                           text::thousands(check.probes.count()) +
                           (check.probes.count() == 1 ? " text (" : " texts (") + check.probes.origin + ") is " +
                           text::shortest(difference) + ", and the tolerance " + text::shortest(check.tolerance) +
                           "; nothing was written",
                   .where = into.string(),
                   .fix = check.dtype == "fp32" ? "name the base that was trained on with --base"
                                                : "use --dtype fp32, or --tolerance if that much is good enough"});
}

}  // namespace engram::run
