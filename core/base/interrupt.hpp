// Ctrl-C and SIGTERM as a flag that every long loop looks at.
#pragma once

namespace engram::interrupt {

// Installs handlers for SIGINT and SIGTERM that set the flag; a second signal ends the process at once. Call from main.
void watch();
// Whether a signal has arrived.
bool requested();
// Sets the flag, as a signal would.
void request();
// Clears the flag: for tests.
void clear();

// Thrown out of loops that have nothing to save themselves; caught where a run is saved.
struct Interrupted {};
// Throws Interrupted when a signal has arrived.
void check();

}  // namespace engram::interrupt
