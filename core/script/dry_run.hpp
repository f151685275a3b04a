// Every callback tried on made-up numbers before step 0.
#pragma once

#include "base/errors.hpp"
#include "script/callbacks.hpp"

namespace engram::script {

// Metrics with the sets and names of `names` and several courses of made-up numbers: rising, falling, mixed. Faults of
// every callback are gathered once each; the state table is put back.
void dry_run(Callbacks& callbacks, const recipe::Metrics& names, Faults& faults);

}  // namespace engram::script
