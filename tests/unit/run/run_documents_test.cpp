// Documents of run folders, and what they may not say.
#include "run/run_documents.hpp"

#include "support/catch.hpp"
#include "support/refusal.hpp"

using namespace engram;
using namespace engram::run;
using engram::test::refusal;

namespace {

Json recipe_record() {
  return {{"recipe_file", "r.lua"}, {"recipe_sha256", "12"}, {"overrides", Json::array({Json::array({"a", "b"})})}};
}

Json manifest() {
  Json json = recipe_record();
  json.update({{"recipe_folder", "/"}, {"point", nullptr}, {"chain", {{"starts_from", "a"}, {"followed", true}}}});
  return json;
}

Json chain(const std::string& folder) {
  Json link = recipe_record();
  link["folder"] = folder;
  return {{"links", Json::array({link})}};
}

}  // namespace

TEST_CASE("what a run was begun with is read back") {
  const BegunRun run = begun_run(manifest(), "manifest.json");
  CHECK(run.recipe.file == "r.lua");
  CHECK(run.recipe.overrides == script::Overrides{{"a", "b"}});
  CHECK_FALSE(run.point.has_value());
  CHECK(run.starts_from == "a");
  CHECK(run.followed);
  CHECK(begun_grid(recipe_record(), "grid.json").sha256 == "12");
  CHECK(begun_chain(chain("1-r"), "chain.json").front().folder == "1-r");
}

TEST_CASE("a document that lacks something or holds another type is refused with its file") {
  Json damaged = manifest();
  damaged.erase("point");
  CHECK(refusal([&] { begun_run(damaged, "manifest.json"); }) ==
        "manifest.json: is not what engram writes: key 'point' not found. Fix: put the file back that the run wrote");
  damaged["point"] = 3;
  CHECK(refusal([&] { begun_run(damaged, "manifest.json"); }) ==
        "manifest.json: is not what engram writes: type must be string, but is number. Fix: put the file back that the "
        "run wrote");
  CHECK(refusal([] { begun_grid(Json::array(), "grid.json"); }).starts_with("grid.json: is not what engram writes: "));
  CHECK(refusal([] {
          begun_chain({{"links", Json::array()}}, "chain.json");
        }) == "chain.json: links names no run (allowed: a list of runs). Fix: put the file back that the run wrote");
}

TEST_CASE("a chain's runs lie in its folder") {
  for (const std::string folder : {"../other", "/etc", "..", ".", "", "a/b"}) {
    CHECK(refusal([&] { begun_chain(chain(folder), "chain.json"); }) ==
          "chain.json: names a run's folder \"" + folder +
              "\" (allowed: the name of a folder beside the file). Fix: put the file back that the run wrote");
  }
}
