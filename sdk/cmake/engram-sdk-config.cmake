# find_package(engram-sdk 0.1 REQUIRED): engram::sdk, engram::torch (headers alone) and engram_add_plugin().
#
# Input: ENGRAM_TORCH, the folder of the LibTorch that the engram program was built with (a variable of CMake or of the
# environment; it holds include/ and lib/). find_package(Torch) is never called: it wants a CUDA toolkit.
if(NOT ENGRAM_TORCH)
  set(ENGRAM_TORCH "$ENV{ENGRAM_TORCH}")
endif()
if(NOT ENGRAM_TORCH)
  set(engram-sdk_FOUND FALSE)
  string(CONCAT engram-sdk_NOT_FOUND_MESSAGE
      "Set ENGRAM_TORCH to the folder of LibTorch (it holds include/ and lib/) that engram was built with; "
      "`engram --version` names its version.")
  return()
endif()
include("${CMAKE_CURRENT_LIST_DIR}/EngramTorch.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/engram-sdk-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/EngramPlugin.cmake")
target_link_libraries(engram::sdk INTERFACE engram::torch)
