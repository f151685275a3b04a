// The precompiled header of the command line.
#pragma once

#include <CLI/CLI.hpp>

#include "base/torch_pch.hpp"
