#include "run/new_plugin.hpp"

#include <map>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

const std::filesystem::path kTemplate = std::filesystem::path(ENGRAM_SOURCE_DIR) / "sdk/template";

std::vector<Fault> faults_of(const run::NewPluginRequest& request) {
  try {
    run::make_new_plugin(request);
  } catch (const RecipeError& refusal) {
    return refusal.faults();
  }
  return {};
}

}  // namespace

TEST_CASE("a class is named after its strategy") {
  CHECK(run::class_name("gentle_tuning") == "GentleTuning");
  CHECK(run::class_name("l2_sp") == "L2Sp");
  CHECK(run::class_name("gpm") == "Gpm");
}

TEST_CASE("a project holds the template's files with every name filled in, and nothing is written") {
  TemporaryFolder folder;
  const std::filesystem::path out = folder.path() / "made";
  std::map<std::string, std::string> files;
  for (const run::NewFile& file : run::make_new_plugin({"gentle_tuning", out, kTemplate, {"lora"}})) {
    files[std::filesystem::relative(file.path, out).string()] = file.bytes;
    CHECK(file.bytes.find("@NAME@") == std::string::npos);
    CHECK(file.bytes.find("@CLASS@") == std::string::npos);
    CHECK(file.bytes.find("@SDK@") == std::string::npos);
  }
  for (const std::string name : {"CMakeLists.txt", "README.md", "contract_test.cpp", "gentle_tuning.cpp", "recipe.lua",
                                 "data/tones_train.csv", "data/topics_test.csv"}) {
    INFO(name);
    CHECK(files.contains(name));
  }
  CHECK(files["gentle_tuning.cpp"].find("class GentleTuning final : public sdk::Strategy") != std::string::npos);
  CHECK(files["CMakeLists.txt"].find("engram_add_plugin(gentle_tuning gentle_tuning.cpp)") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("names that cannot be an id are refused") {
  const std::string longest(40, 'a');
  for (const std::string name : {"", "Gentle", "1st", "_a", "a_", "a__b", "a-b", "a b", "../a", "é"}) {
    INFO("'" << name << "'");
    const std::vector<Fault> faults = faults_of({name, {}, kTemplate, {}});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].what == "'" + name + "' cannot be the name of a strategy");
    CHECK(faults[0].allowed == "at most 40 lower-case letters, digits and single underscores, a letter first");
    CHECK(faults[0].fix == "choose a name such as gentle_tuning");
  }
  CHECK(faults_of({longest, {}, kTemplate, {}}).empty());
  CHECK(faults_of({longest + "a", {}, kTemplate, {}}).size() == 1);
}

TEST_CASE("a name that is taken, a folder that holds something and a missing template are told together") {
  TemporaryFolder folder;
  folder.write("notes.txt", "mine");
  const std::vector<Fault> faults = faults_of({"lora", folder.path(), folder.path() / "none", {"ewc", "lora"}});
  REQUIRE(faults.size() == 3);
  CHECK(faults[0].what == "there is a strategy 'lora' already");
  CHECK(faults[0].fix == "choose another name; `engram plugins list` shows those that are taken");
  CHECK(faults[1].what == folder.path().string() + " holds something already");
  CHECK(faults[1].fix == "name another folder: --out FOLDER");
  CHECK(faults[2].what == "this installation holds no template for plugins");
  CHECK(faults[2].where == (folder.path() / "none").string());
  CHECK(faults_of({"gentle", folder.path() / "notes.txt", kTemplate, {}})[0].what ==
        (folder.path() / "notes.txt").string() + " is a file");
}

TEST_CASE("an empty folder may be filled") {
  TemporaryFolder folder;
  CHECK(faults_of({"gentle", folder.path(), kTemplate, {}}).empty());
}
