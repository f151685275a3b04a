#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

TEST_CASE("both recipes of the design load as written and resolve their metrics") {
  for (const char* name : {"parameter_efficient.lua", "full_made_safe.lua"}) {
    script::RecipeScript script = script::RecipeScript::load((recipes_folder() / name).string(), {}, library_folder());
    REQUIRE_NOTHROW(resolve(script));
    REQUIRE(script.recipe().data.front().name == "train");
    REQUIRE(script.recipe().model == "models/news-topics");
  }
}
