// A recipe: Lua source through the sandbox and the reader. The input is the file.
#include <filesystem>

#include "script/recipe_script.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  static const std::filesystem::path library = std::filesystem::path(ENGRAM_SOURCE_DIR) / "scripts";
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  const std::string path = file.path().string();
  fuzz::accepts([&] {
    std::string point;
    const std::vector<script::GridPoint> points = script::RecipeScript::points(path, library);
    if (!points.empty()) point = points.front().name;
    const script::RecipeScript script = script::RecipeScript::load(path, {}, library, point);
    fuzz::require(!script.recipe().model.empty(), "a recipe names a model");
    fuzz::require(script.place("train.epochs").text().starts_with(path), "a place is in the file");
    fuzz::require(script.state().is_object(), "a script's state is an object");
  });
  return 0;
}
