// Facts about the machine, as text for `engram doctor`. None throws; what the system does not say is left out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace engram::cli {

// "AMD EPYC 7763, 2 cores, AVX2, AVX-512, bf16".
std::string processor();
// Whether the processor has AVX2, without which LibTorch's kernels are several times slower.
bool has_avx2();

struct Memory {
  uint64_t total = 0;  // bytes; a container's limit where it is lower
  uint64_t available = 0;
};
Memory memory();

// Bytes free to this user on the disk that holds the folder, or would hold it; 0 where that is unknown.
uint64_t free_bytes(const std::filesystem::path& folder);

// Whether NVIDIA's driver is loaded; its version, and the names of its GPUs.
bool gpu_driver_present();
std::string gpu_driver();
std::string gpu_names();

// An exported symbol among the libraries that the process has loaded, and the library's file.
struct LoadedSymbol {
  void* address = nullptr;  // null: no loaded library exports it
  std::filesystem::path library;
};
LoadedSymbol loaded_symbol(const char* name);

}  // namespace engram::cli
