// What the host refuses to load, in which words, and that nothing of a refused file runs.
#include <cstdlib>
#include <fstream>

#include "base/files.hpp"
#include "recipe_entries.hpp"
#include "strategy/fingerprint.hpp"
#include "strategy/plugin_file.hpp"
#include "strategy/plugin_finder.hpp"
#include "strategy/plugin_library.hpp"
#include "strategy/strategies.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;
namespace fs = std::filesystem;

namespace {

const recipe::Place kPlace{"recipe.lua", 7};

fs::path temporary_folder(const std::string& name) {
  const fs::path folder = fs::temp_directory_path() / ("engram_plugin_host_" + std::to_string(getpid())) / name;
  fs::create_directories(folder);
  return folder;
}

fs::path fixture(const std::string& folder, const std::string& id) {
  return test::fixture_folder(folder) / (id + ".engram.so");
}

std::string load_refusal(const std::string& id, const fs::path& file) {
  return test::refusal<PluginError>([&] { load_plugin(id, file, kPlace); });
}

// Sets ENGRAM_FIXTURE_MARK for its lifetime and tells whether an initialiser has left the mark.
class MarkWatch {
 public:
  MarkWatch() : file_(temporary_folder("mark") / "mark") {
    fs::remove(file_);
    setenv("ENGRAM_FIXTURE_MARK", file_.c_str(), 1);
  }
  ~MarkWatch() { unsetenv("ENGRAM_FIXTURE_MARK"); }
  bool left() const { return fs::exists(file_); }

 private:
  fs::path file_;
};

const std::string kRebuild =
    ". Fix: rebuild it against this program's SDK (find_package(engram-sdk)), torch and compiler";

}  // namespace

TEST_CASE("a sound plugin loads, once, and its initialiser runs") {
  const MarkWatch mark;
  const Plugin& plugin = load_plugin("marks", fixture("marks", "marks"), kPlace);
  REQUIRE(mark.left());
  REQUIRE(plugin.strategy.id == "marks");
  REQUIRE(plugin.facts.hash == sha256_of_file(fixture("marks", "marks")));
  REQUIRE(plugin.facts.fingerprint.find("SDK 0.2.0, torch 2.") == 0);
  REQUIRE(&load_plugin("marks", fixture("marks", "marks"), kPlace) == &plugin);
}

TEST_CASE("a plugin with another ABI tag is refused with every difference, and none of its code runs") {
  const MarkWatch mark;
  REQUIRE(load_refusal("wrong_tag", fixture("wrong_tag", "wrong_tag")) ==
          "recipe.lua:7: plugin " + fixture("wrong_tag", "wrong_tag").string() +
              " was built for another engram and was not loaded: SDK 9.8, here 0.2; torch 2.99, here 2.11; compiler "
              "clang, here gcc; C++ standard 202302L, here 202002L; standard library libcxx, here libstdcxx; sanitizer "
              "thread, here " +
              host_fingerprint().sanitizer + kRebuild);
  REQUIRE_FALSE(mark.left());
}

TEST_CASE("a shared library without a tag is no plugin, and none of its code runs") {
  const MarkWatch mark;
  REQUIRE(load_refusal("no_tag", fixture("no_tag", "no_tag")) ==
          "recipe.lua:7: plugin " + fixture("no_tag", "no_tag").string() +
              " is a shared library but no plugin of engram, and was not loaded: it has no ABI tag. Fix: write "
              "ENGRAM_PLUGIN in one of its sources");
  REQUIRE_FALSE(mark.left());
}

TEST_CASE("the tag of a stripped plugin is read without loading it") {
  const MarkWatch mark;
  REQUIRE(read_abi_tag(fixture("stripped", "marks"), kPlace) == host_abi_tag());
  REQUIRE_FALSE(mark.left());
}

TEST_CASE("a fingerprint that differs is refused with every difference") {
  REQUIRE(load_refusal("wrong_torch", fixture("wrong_torch", "wrong_torch")) ==
          "recipe.lua:7: plugin " + fixture("wrong_torch", "wrong_torch").string() +
              " was built for another engram: torch 2.99, here 2.11; size of at::Tensor 24 bytes, here 8 bytes" +
              kRebuild);
}

TEST_CASE("a fingerprint of another size is not read any further") {
  EngramFingerprint other = host_fingerprint();
  other.struct_size = 8;
  other.torch_version = nullptr;
  REQUIRE(
      fingerprint_differences(other) ==
      std::vector<std::string>{"fingerprint of 8 bytes, here " + std::to_string(sizeof(EngramFingerprint)) + " bytes"});
  REQUIRE(fingerprint_differences(host_fingerprint()).empty());
}

TEST_CASE("a plugin that registers an id twice is refused") {
  REQUIRE(load_refusal("twice", fixture("twice", "twice")) ==
          "recipe.lua:7: strategy 'twice', entry: the plugin registers the strategy 'twice' twice. Fix: give every "
          "strategy its own kId");
}

TEST_CASE("a plugin whose file has another strategy's name is refused") {
  REQUIRE(
      load_refusal("alias", fixture("wrong_name", "alias")) ==
      "recipe.lua:7: plugin " + fixture("wrong_name", "alias").string() +
          " registers 'marks' where its file name promises 'alias' alone. Fix: register one strategy whose kId is the "
          "file's name without .engram.so");
}

TEST_CASE("a file that is no library is refused in plain words") {
  const fs::path file = temporary_folder("text") / "notes.engram.so";
  std::ofstream(file) << "just some text";
  REQUIRE(load_refusal("notes", file) == "recipe.lua:7: plugin " + file.string() +
                                             " is no shared library. Fix: put the library that the build of the plugin "
                                             "made in its place");
}

TEST_CASE("a library cut short anywhere is refused in plain words") {
  const std::string whole = read_file(fixture("marks", "marks"));
  const fs::path file = temporary_folder("cut") / "marks.engram.so";
  for (const size_t kept : {size_t{5}, size_t{63}, size_t{64}, size_t{4096}, whole.size() / 2, whole.size() - 1}) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, kept);
    REQUIRE(load_refusal("marks", file) ==
            "recipe.lua:7: plugin " + file.string() +
                " is a damaged shared library: the file is cut short. Fix: copy or build the file again");
  }
}

TEST_CASE("a program is no shared library of this kind") {
  const fs::path file = temporary_folder("object") / "object.engram.so";
  std::string bytes = read_file(fixture("marks", "marks"));
  bytes[16] = 1;  // e_type: a relocatable object
  std::ofstream(file, std::ios::binary) << bytes;
  REQUIRE(load_refusal("object", file) ==
          "recipe.lua:7: plugin " + file.string() +
              " is no shared library of this machine's kind. Fix: build it on this machine");
}

TEST_CASE("an unknown id is refused with the folders searched and the nearest id") {
  const fs::path folder = test::fixture_folder("marks");
  const std::string text = test::refusal<PluginError>([&] {
    find_plugin({"mraks", {}}, {folder, "/nowhere"}, kPlace);
  });
  REQUIRE(text ==
          "recipe.lua:7: no plugin for the strategy 'mraks'; did you mean 'marks'?. Fix: put mraks.engram.so into "
          "one of the folders searched: " +
              folder.string() + ", /nowhere; or name its folder in ENGRAM_PLUGIN_PATH");
}

TEST_CASE("two files of one folder that differ in case alone are refused") {
  const fs::path folder = temporary_folder("case");
  std::ofstream(folder / "same.engram.so") << "x";
  std::ofstream(folder / "Same.engram.so") << "x";
  REQUIRE(test::refusal<PluginError>([&] {
            find_plugin({"same", {}}, {folder}, kPlace);
          }) == "recipe.lua:7: the plugin 'same' is there twice in " + folder.string() +
                    ": 'Same.engram.so' and 'same.engram.so'. Fix: remove or rename one of the two files");
}

TEST_CASE("the first place of the search path wins, and listing shows what it shadows without loading") {
  const MarkWatch mark;
  const fs::path first = temporary_folder("first"), second = temporary_folder("second");
  std::ofstream(first / "lora.engram.so") << "x";
  std::ofstream(second / "lora.engram.so") << "x";
  std::ofstream(second / "other.so") << "x";
  REQUIRE(find_plugin({"lora", {}}, {first, second}, kPlace) == first / "lora.engram.so");
  const std::vector<FoundPlugin> found = list_plugins({first, second, test::fixture_folder("wrong_tag")});
  REQUIRE(found.size() == 3);
  REQUIRE_FALSE(found[0].shadowed);
  REQUIRE(found[1].shadowed);
  REQUIRE(found[2].id == "wrong_tag");
  REQUIRE_FALSE(mark.left());
}

TEST_CASE("the search path is: explicit, ENGRAM_PLUGIN_PATH, beside the program, the user's data folder") {
  setenv("ENGRAM_PLUGIN_PATH", "/one::/two", 1);
  setenv("XDG_DATA_HOME", "/data", 1);
  const std::vector<fs::path> search = plugin_search_path({"/explicit"});
  unsetenv("ENGRAM_PLUGIN_PATH");
  unsetenv("XDG_DATA_HOME");
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  REQUIRE(search ==
          std::vector<fs::path>{"/explicit", "/one", "/two", program / "lib/engram/plugins", "/data/engram/plugins"});
}

TEST_CASE("a command line may name a plugin by its file") {
  const PluginName name = plugin_name("build/mine.engram.so");
  REQUIRE(name.id == "mine");
  REQUIRE(name.file == "build/mine.engram.so");
  REQUIRE(test::refusal<PluginError>([&] { find_plugin(name, {}, kPlace); }) ==
          "recipe.lua:7: there is no plugin file build/mine.engram.so. Fix: correct the path");
}

TEST_CASE("a plugin whose loading changes how numbers are computed is refused, and they are computed as before") {
  const double denormal = 1e-310;
  REQUIRE(load_refusal("fast_math", fixture("fast_math", "fast_math")) ==
          "recipe.lua:7: strategy 'fast_math', loading: it changed the floating-point environment (rounding, denormal "
          "numbers or traps). Fix: put it back before returning; where loading did it, link the plugin without "
          "-ffast-math");
  volatile double half = denormal;
  half = half / 2;
  REQUIRE(half > 0);
}

TEST_CASE("a maker that makes no strategy is refused") {
  REQUIRE(test::refusal<PluginError>(
              [] { Strategies::load({test::entry("no_strategy")}, {test::fixture_folder("no_strategy")}); }) ==
          "recipe.lua:7: strategy 'no_strategy', construction: it made no strategy. Fix: return an object from "
          "StrategyDescription::make");
}
