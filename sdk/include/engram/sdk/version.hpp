// The SDK's version (semver: it promises that a plugin recompiles), and the ABI tag, which decides whether a binary may
// be loaded at all. The tag holds preprocessor facts only, so that it can be the name of a symbol.
#pragma once

#include <string>  // defines the standard library's own macros

#include <torch/headeronly/version.h>

#define ENGRAM_SDK_VERSION_MAJOR 0
#define ENGRAM_SDK_VERSION_MINOR 2
#define ENGRAM_SDK_VERSION_PATCH 0
#define ENGRAM_SDK_VERSION "0.2.0"

#if defined(__clang__)
#define ENGRAM_ABI_COMPILER clang
#elif defined(__GNUC__)
#define ENGRAM_ABI_COMPILER gcc
#else
#define ENGRAM_ABI_COMPILER other
#endif

#if defined(_LIBCPP_VERSION)
#define ENGRAM_ABI_LIBRARY libcxx
#define ENGRAM_ABI_CXX11 1
#else
#define ENGRAM_ABI_LIBRARY libstdcxx
#define ENGRAM_ABI_CXX11 _GLIBCXX_USE_CXX11_ABI
#endif

#if defined(__has_feature)
#define ENGRAM_HAS_FEATURE(feature) __has_feature(feature)
#else
#define ENGRAM_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || ENGRAM_HAS_FEATURE(address_sanitizer)
#define ENGRAM_ABI_SANITIZER address
#elif defined(__SANITIZE_THREAD__) || ENGRAM_HAS_FEATURE(thread_sanitizer)
#define ENGRAM_ABI_SANITIZER thread
#else
#define ENGRAM_ABI_SANITIZER none
#endif

#define ENGRAM_ABI_JOIN_(sdk_major, sdk_minor, torch_major, torch_minor, cxx11, compiler, standard, library, \
                         sanitizer)                                                                          \
  engram_abi_sdk_##sdk_major##_##sdk_minor##_torch_##torch_major##_##torch_minor##_cxx11abi_##cxx11##_compiler_##compiler##_standard_##standard##_library_##library##_sanitizer_##sanitizer
#define ENGRAM_ABI_JOIN(...) ENGRAM_ABI_JOIN_(__VA_ARGS__)
// The tag as an identifier: engram_abi_sdk_0_1_torch_2_11_cxx11abi_1_compiler_gcc_standard_202002L_...
#define ENGRAM_ABI_TAG                                                                                          \
  ENGRAM_ABI_JOIN(ENGRAM_SDK_VERSION_MAJOR, ENGRAM_SDK_VERSION_MINOR, TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR, \
                  ENGRAM_ABI_CXX11, ENGRAM_ABI_COMPILER, __cplusplus, ENGRAM_ABI_LIBRARY, ENGRAM_ABI_SANITIZER)
#define ENGRAM_TEXT_(word) #word
#define ENGRAM_TEXT(word) ENGRAM_TEXT_(word)
