// What makes a resumed run's numbers differ from those of an uninterrupted one: threads, the processor, torch.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace engram::run {

// One sentence for each thing that the manifests of a run's beginning and of now name differently; empty: the run goes
// on exactly. What a manifest does not say is not compared.
std::vector<std::string> other_numerics(const Json& before, const Json& now);

}  // namespace engram::run
