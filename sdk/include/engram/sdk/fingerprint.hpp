// What a plugin was built with, as a plain C struct: compared field by field after loading, before any C++ call.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <engram/sdk/model_view.hpp>
#include <engram/sdk/plan.hpp>
#include <engram/sdk/settings.hpp>
#include <engram/sdk/version.hpp>

extern "C" {

// Only ever appended to; `struct_size` is first, so that a reader knows how much of the rest is there.
struct EngramFingerprint {
  uint64_t struct_size;
  const char* sdk_version;       // "0.1.0"
  const char* torch_version;     // "2.11.0"
  const char* compiler;          // family: "gcc"
  const char* compiler_version;  // for people: "12.2.0"
  const char* standard_library;  // "libstdcxx"
  const char* sanitizer;         // "none", "address", "thread"
  int64_t cpp_standard;          // __cplusplus
  int64_t cxx11_abi;
  int64_t debug_containers;  // _GLIBCXX_DEBUG
  // Canaries: sizes in bytes of types that cross the border.
  uint64_t size_of_tensor;
  uint64_t size_of_string;
  uint64_t size_of_vector;
  uint64_t size_of_map;
  uint64_t size_of_function;
  uint64_t size_of_model_view;
  uint64_t size_of_claim;
  uint64_t size_of_plan;
  uint64_t size_of_parameter_spec;
};

}  // extern "C"

namespace engram::sdk {

// The fingerprint of the translation unit that calls it; inline on purpose.
inline EngramFingerprint make_fingerprint() {
#ifdef _GLIBCXX_DEBUG
  constexpr int64_t kDebugContainers = 1;
#else
  constexpr int64_t kDebugContainers = 0;
#endif
  return {sizeof(EngramFingerprint),
          ENGRAM_SDK_VERSION,
          TORCH_VERSION,
          ENGRAM_TEXT(ENGRAM_ABI_COMPILER),
          __VERSION__,
          ENGRAM_TEXT(ENGRAM_ABI_LIBRARY),
          ENGRAM_TEXT(ENGRAM_ABI_SANITIZER),
          __cplusplus,
          ENGRAM_ABI_CXX11,
          kDebugContainers,
          sizeof(at::Tensor),
          sizeof(std::string),
          sizeof(std::vector<at::Tensor>),
          sizeof(std::map<std::string, Setting>),
          sizeof(std::function<void()>),
          sizeof(ModelView),
          sizeof(Claim),
          sizeof(Plan),
          sizeof(ParameterSpec)};
}

}  // namespace engram::sdk
