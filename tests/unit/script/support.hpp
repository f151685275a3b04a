// Recipes written to a temporary folder and loaded with the library of the source tree.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/errors.hpp"
#include "script/recipe_script.hpp"
#include "support/catch.hpp"

namespace engram::test {

inline std::filesystem::path library_folder() { return std::filesystem::path(ENGRAM_SOURCE_DIR) / "scripts"; }
inline std::filesystem::path recipes_folder() { return std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/lua/recipes"; }

// A folder that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "engram-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(folder_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

// A recipe that is right but for `rest`, which begins on line 10 of the file; `before` stands on line 1.
inline std::string recipe_text(const std::string& rest, const std::string& before = "") {
  return before + R"(
return {
  model = "m",
  tasks = { old = { head = "from model" }, fresh = {} },
  data = {
    train = { "train.csv", text = "text", label = "label", task = "fresh", use = "train" },
    new = { "new.csv", text = "text", label = "label", task = "fresh", use = "evaluate" },
    original = { "old.csv", text = "text", label = "label", task = "old", use = "evaluate", role = "original" },
  },
)" + rest +
         "\n}\n";
}

inline const std::string kTrain = "  train = { learning_rate = 1e-4 },";

// Loads a recipe of this text from a file named recipe.lua.
class LoadedText {
 public:
  explicit LoadedText(const std::string& text, const script::Overrides& overrides = {})
      : script(script::RecipeScript::load(folder_.write("recipe.lua", text), overrides, library_folder())) {}

 private:
  TemporaryFolder folder_;

 public:
  script::RecipeScript script;
};

// The text of the RecipeError that `work` throws, with the folder cut from it; "" when it throws none.
template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const RecipeError& error) {
    std::string text = error.what();
    const std::string prefix = std::filesystem::temp_directory_path().string() + "/engram-";
    for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size() + 7);
    }
    return text;
  }
  return "";
}

inline std::string load_refusal(const std::string& text, const script::Overrides& overrides = {}) {
  return refusal([&] { LoadedText loaded(text, overrides); });
}

inline recipe::Metrics names() {
  return {{"new", {{"accuracy", 0}, {"macro_f1", 0}, {"loss", 0}}},
          {"original", {{"accuracy", 0}, {"macro_f1", 0}, {"loss", 0}}}};
}

// The trial before step 0 with these sets; the names of metrics, the recipe's own included.
inline recipe::Metrics resolve(const script::RecipeScript& script, const std::vector<recipe::SetShape>& shapes = {}) {
  recipe::Metrics all = names();
  script.resolve(all, shapes);
  return all;
}

}  // namespace engram::test
