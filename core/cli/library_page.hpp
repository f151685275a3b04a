// docs/lua_api.md: the functions of the library, what a recipe's own functions get, and the names of the sandbox.
#pragma once

#include <string>

#include "script/library.hpp"

namespace engram::cli {

// The template with its parts filled in: `<!-- functions -->`, `<!-- grid -->`, `<!-- callbacks -->`,
// `<!-- globals -->` and `<!-- withheld -->`.
std::string library_page(const std::string& page, const script::Library& library);

}  // namespace engram::cli
