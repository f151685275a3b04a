// `--set PATH=VALUE` on a recipe that is sound, and the reader of recipes. The input is one setting a line.
#include <filesystem>

#include "base/text.hpp"
#include "recipe/overrides.hpp"
#include "recipe/read.hpp"
#include "script/recipe_file.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

namespace {

using namespace engram;

constexpr const char* kRecipe = R"(return {
  model = "model",
  data = { train = { task = "new", file = "t.csv", text = "text", label = "label" },
           new = { task = "new", role = "new", evaluate = true, file = "n.csv", text = 1, label = 2 } },
  strategies = { "full", { "lora", rank = 8, targets = { "query", "value" } } },
  train = { epochs = 2, batch_size = 8, rates = { default = 1e-3 } },
}
)";

recipe::Value read_once() {
  const fuzz::MemoryFile file(kRecipe);
  script::RecipeFile script(file.path().string(), std::filesystem::path(ENGRAM_SOURCE_DIR) / "scripts", 1);
  Faults faults;
  return script.run(faults);
}

// Tables are shared between copies of a value.
recipe::Value copy(const recipe::Value& value) {
  recipe::Value copied = value;
  if (value.table() == nullptr) return copied;
  auto table = std::make_shared<recipe::Mixed>(*value.table());
  for (recipe::Value& entry : table->list) entry = copy(entry);
  for (auto& [key, entry] : table->table) entry = copy(entry);
  copied.data = std::move(table);
  return copied;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const recipe::Value sound = read_once();
  std::vector<std::pair<std::string, std::string>> overrides;
  for (const std::string& line : text::split(fuzz::text_of(data, size), '\n')) {
    const size_t sign = line.find('=');
    if (sign != std::string::npos) overrides.emplace_back(line.substr(0, sign), line.substr(sign + 1));
  }
  recipe::Value top = copy(sound);
  const fuzz::AllocationLimit limit(size);
  Faults faults;
  const recipe::Recipe read = [&] {
    recipe::apply_overrides(top, overrides, faults);
    return recipe::read(top, faults);
  }();
  if (!fuzz::accepts([&] { faults.raise<RecipeError>(); })) return 0;
  fuzz::require(!read.data.empty() && read.train.batch_size >= 1, "what is accepted can be run");
  return 0;
}
