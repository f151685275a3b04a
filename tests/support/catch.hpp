// Catch2 for every test, whichever major version is installed.
#pragma once

// LibTorch's logging header defines a CHECK of its own. It is read first and put aside, so that Catch2's stands.
#if __has_include(<c10/util/Logging.h>)
#include <c10/util/Logging.h>
#undef CHECK
#endif

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
