// Who is named when a plugin ends the process past every catch: by a crash, or by an exception that leaves a
// destructor, a noexcept function or a thread of its own.
#pragma once

namespace engram::cli {

// Installs the handlers: they write one line about the call into a plugin that is in flight, if there is one, to
// standard error. A crash then takes its usual way; the end by an exception is exit code 3 (refused).
void watch_for_crashes();

}  // namespace engram::cli
