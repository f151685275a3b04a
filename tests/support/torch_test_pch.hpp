// The precompiled header of tests that compute with tensors.
#pragma once

#include "base/torch_pch.hpp"
#include "support/catch.hpp"
