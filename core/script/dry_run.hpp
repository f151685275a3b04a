// Every callback tried on made-up numbers before step 0.
#pragma once

#include "base/errors.hpp"
#include "script/callbacks.hpp"
#include "script/outside_check.hpp"

namespace engram::script {

// Metrics with the sets and names of `names` and several courses of made-up numbers: rising, falling, mixed. Faults of
// every callback are gathered once each, among them locals outside itself that it changes; the state is put back.
void dry_run(Callbacks& callbacks, OutsideCheck& outside, const recipe::Metrics& names, Faults& faults);

}  // namespace engram::script
