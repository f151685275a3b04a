// A setting as the value that a recipe would hold.
#pragma once

#include <engram/sdk/settings.hpp>

#include "recipe/value.hpp"

namespace engram::contract {

recipe::Value setting_value(const sdk::Setting& setting);

}  // namespace engram::contract
