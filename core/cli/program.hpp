// The program behind the launcher (main.cpp).
#pragma once

extern "C" {

// Does what the command line says and returns the process's exit code. Throws nothing.
int engram_main(int argc, char** argv);
}
