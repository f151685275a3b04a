// The precompiled header of tests without tensors.
#pragma once

#include "base/plain_pch.hpp"
#include "support/catch.hpp"
