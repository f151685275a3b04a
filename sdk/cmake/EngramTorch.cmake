# engram::torch: the headers of a LibTorch folder, and engram::torch_cpu: its CPU libraries.
#
# find_package(Torch) wants a CUDA toolkit, so engram defines targets of its own. LibTorch ships fmt headers that clash
# with the system's, hence -idirafter. Input: ENGRAM_TORCH, a folder that holds include/ and lib/.
if(NOT EXISTS "${ENGRAM_TORCH}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "ENGRAM_TORCH=${ENGRAM_TORCH} holds no lib/libtorch_cpu.so; run `.ci/bootstrap`, "
                      "or name the folder that holds LibTorch's include/ and lib/")
endif()
file(STRINGS "${ENGRAM_TORCH}/include/torch/headeronly/version.h" engram_torch_version_lines
     REGEX "^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+).*" "\\1.\\2.\\3"
       ENGRAM_TORCH_VERSION "${engram_torch_version_lines}")
if(ENGRAM_TORCH_VERSION VERSION_LESS 2.11 OR ENGRAM_TORCH_VERSION VERSION_GREATER_EQUAL 2.16)
  message(FATAL_ERROR "torch ${ENGRAM_TORCH_VERSION} in ${ENGRAM_TORCH}: engram's sources compile against 2.11 to 2.15")
endif()

add_library(engram_torch INTERFACE)
add_library(engram::torch ALIAS engram_torch)
target_compile_features(engram_torch INTERFACE cxx_std_20)
target_compile_options(engram_torch INTERFACE
  "SHELL:-idirafter ${ENGRAM_TORCH}/include"
  "SHELL:-idirafter ${ENGRAM_TORCH}/include/torch/csrc/api/include")

# libtorch.so is an empty shell that pulls in every CUDA library: never linked. The CUDA half is opened at run time.
add_library(engram_torch_cpu INTERFACE)
add_library(engram::torch_cpu ALIAS engram_torch_cpu)
target_link_libraries(engram_torch_cpu INTERFACE engram_torch
  "${ENGRAM_TORCH}/lib/libtorch_cpu.so" "${ENGRAM_TORCH}/lib/libc10.so")
target_link_options(engram_torch_cpu INTERFACE "LINKER:--allow-shlib-undefined")
