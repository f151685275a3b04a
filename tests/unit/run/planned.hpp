// Recipes on the tiny model of tests/golden/losses, prepared in a folder that goes away with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "run/preparation.hpp"

namespace engram::tests {

class Planned {
 public:
  Planned() {
    std::string name = (std::filesystem::temp_directory_path() / "engram-plan-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    ::setenv("ENGRAM_CACHE", (folder_ / "cache").c_str(), 1);
    std::filesystem::create_directory_symlink(ENGRAM_SOURCE_DIR "/tests/golden/losses/model", folder_ / "model");
    for (const char* file : {"train.csv", "new.csv", "original.csv"}) {
      std::filesystem::copy_file(std::filesystem::path(ENGRAM_SOURCE_DIR "/tests/golden/plan") / file, folder_ / file);
    }
  }
  ~Planned() { std::filesystem::remove_all(folder_); }
  Planned(const Planned&) = delete;
  Planned& operator=(const Planned&) = delete;

  void file(const std::string& name, const std::string& text) const { write_file_atomically(folder_ / name, text); }

  // Both tasks, the three files, and these lines of the recipe's table.
  run::Preparation prepare(const std::string& lines, run::Advised advised = run::Advised::told) const {
    file("recipe.lua",
         "return {\n  model = \"model\",\n"
         "  tasks = { wind = { kind = \"classification\", head = \"from model\" }, side = { kind = \"classification\" "
         "} },\n"
         "  data = {\n"
         "    train = { \"train.csv\", text = \"text\", label = \"label\", task = \"side\", use = \"train\" },\n"
         "    new = { \"new.csv\", text = \"text\", label = \"label\", task = \"side\", use = \"evaluate\" },\n"
         "    original = { \"original.csv\", text = \"text\", label = \"label\", task = \"wind\", use = \"evaluate\", "
         "role = "
         "\"original\" },\n  },\n" +
             lines + "\n}\n");
    return run::prepare({.recipe = (folder_ / "recipe.lua").string(),
                         .advised = advised,
                         .scripts = ENGRAM_SOURCE_DIR "/scripts",
                         .plugins = {std::filesystem::path(ENGRAM_BINARY_DIR) / "lib/engram/plugins"}});
  }

  // What refuses the recipe, the folder's path left out; empty: nothing does.
  std::string refusal(const std::string& lines, run::Advised advised = run::Advised::told) const {
    try {
      prepare(lines, advised).strategies.shutdown();
    } catch (const Error& error) {
      std::string text = error.what();
      const std::string prefix = folder_.string() + "/";
      for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
        text.erase(at, prefix.size());
      return text;
    }
    return "";
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace engram::tests
