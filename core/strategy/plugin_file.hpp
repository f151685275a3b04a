// What a plugin's file says of itself before it is loaded: read within its bounds, since it may hold anything. Knows no
// torch, so that it can be fuzzed on its own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "recipe/value.hpp"

namespace engram::strategy {

// Whether a symbol's name is an ABI tag, of whatever engram: letters, digits and '_'.
bool is_abi_tag(std::string_view symbol);

// What the file says of its ABI without being loaded: no code of it runs. Throws PluginError when the file is no shared
// library, is damaged, or is no plugin of engram; `place` is where the recipe names it.
std::string read_abi_tag(const std::filesystem::path& file, const recipe::Place& place);

}  // namespace engram::strategy
