// What the system knows of this process.
#pragma once

namespace engram {

// Seconds since the program was started, loading of its libraries included. Resolution: the kernel's clock tick (10
// ms).
double seconds_since_process_start();

// Processor cores that this process may run on: at least 1.
int usable_cores();

}  // namespace engram
