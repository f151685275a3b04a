#include "script/callback.hpp"

#include <utility>

#include "base/errors.hpp"

namespace engram::script {

void Callback::refuse(std::string what, std::string allowed, std::string fix) const {
  throw RecipeError(Fault{std::move(what), place.text(), std::move(allowed), std::move(fix)});
}

}  // namespace engram::script
