// What is said when the process ends past every catch: which plugin it was, by a crash or by an exception that leaves a
// destructor, a noexcept function or a thread of its own; or which mapped file can no longer be read.
#pragma once

namespace engram::cli {

// Installs the handlers: they write one line about the call into a plugin that is in flight, if there is one, to
// standard error. A crash then takes its usual way; the end by an exception is exit code 3 (refused), that by a file
// exit code 6 (resources).
void watch_for_crashes();

}  // namespace engram::cli
