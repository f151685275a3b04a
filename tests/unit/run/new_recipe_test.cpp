#include "run/new_recipe.hpp"

#include "base/files.hpp"
#include "base/json.hpp"
#include "run/editor_settings.hpp"
#include "run/split_file.hpp"
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string rows(const std::string& header, const std::vector<std::string>& labels, int count) {
  std::string text = header;
  for (int i = 0; i < count; ++i) {
    text +=
        "this is sentence number " + std::to_string(i) + "," + labels[static_cast<size_t>(i) % labels.size()] + "\n";
  }
  return text;
}

// A model whose one head, "wind", knows other labels than the files of these tests.
const std::filesystem::path kModel = std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/losses/model";

std::vector<std::string> written_names(const run::NewRecipe& made) {
  std::vector<std::string> names;
  for (const run::NewFile& file : made.files) names.push_back(file.path.filename().string());
  return names;
}

}  // namespace

TEST_CASE("a split keeps the header, loses no row, and puts equal rows on one side") {
  TemporaryFolder folder;
  const std::string text = rows("text,label\n", {"a", "b"}, 200);
  const std::string file = folder.write("x.csv", text + text.substr(text.find('\n') + 1));
  recipe::DataSet set;
  set.format = recipe::DataFormat::csv;
  const run::Split parts = run::split_file(set, file);
  const std::string& train = parts.train;
  const std::string& evaluate = parts.evaluate;
  REQUIRE(parts.train_rows + parts.evaluate_rows == 400);
  REQUIRE(train.rfind("text,label\n", 0) == 0);
  REQUIRE(evaluate.rfind("text,label\n", 0) == 0);
  // One in five of 200 different rows: 40, give or take four standard deviations of a binomial (5.7 each).
  REQUIRE(parts.evaluate_rows / 2 > 17);
  REQUIRE(parts.evaluate_rows / 2 < 63);
  for (int i = 0; i < 200; ++i) {
    const std::string row = "number " + std::to_string(i) + ",";
    REQUIRE((train.find(row) == std::string::npos) != (evaluate.find(row) == std::string::npos));
  }
  REQUIRE(run::split_file(set, file).evaluate == evaluate);
}

TEST_CASE("a file too small to be split is refused with the option that helps") {
  TemporaryFolder folder;
  recipe::DataSet set;
  set.format = recipe::DataFormat::csv;
  const std::string file = folder.write("x.csv", "text,label\nhello,a\n");
  REQUIRE_THROWS_WITH(
      run::split_file(set, file),
      Catch::Contains("has too few rows to be split into training and evaluation. Fix: give a file of its own for "
                      "evaluation: --new-test or --original-test"));
}

TEST_CASE("the written recipe is a recipe that loads, whatever the files are like") {
  recipe::DataSet plain;
  plain.text = {std::string("the \"text\"")};
  plain.label = std::string("label");
  recipe::DataSet odd = plain;
  odd.header = false;
  odd.text = {1, 3};
  odd.pair = {4};
  odd.label = 2;
  odd.delimiter = '\t';
  odd.quoting = false;
  odd.encoding = recipe::TextEncoding::iso_8859_1;
  odd.format = recipe::DataFormat::csv;
  recipe::DataSet lines;
  lines.format = recipe::DataFormat::label_lines;
  lines.label_until = ':';
  run::NewRecipeFacts facts{"models\\m",        "topics of \"news\"", {"a.csv", plain, 1000},
                            {"b.csv", odd, 10}, {"c.txt", lines, 20}, std::nullopt};
  LoadedText loaded(run::recipe_text(facts));
  recipe::Metrics metrics = names();
  REQUIRE_NOTHROW(loaded.script.resolve(metrics, {}));
  const recipe::Recipe& recipe = loaded.script.recipe();
  REQUIRE(recipe.model == "models\\m");
  REQUIRE(recipe.find_task("topics of \"news\"")->head == recipe::HeadSource::from_model);
  REQUIRE((recipe.find_data("train")->text == plain.text));
  const recipe::DataSet& read = *recipe.find_data("new");
  REQUIRE((read.text == odd.text));
  REQUIRE((read.pair == odd.pair));
  REQUIRE(read.label == odd.label);
  REQUIRE(read.delimiter == '\t');
  REQUIRE(read.quoting == false);
  REQUIRE_FALSE(read.header);
  REQUIRE(read.encoding == recipe::TextEncoding::iso_8859_1);
  REQUIRE(recipe.find_data("original")->label_until == ':');
  facts.original_train = run::NewSet{"d.csv", plain, 5};
  LoadedText probed(run::recipe_text(facts));
  REQUIRE(probed.script.recipe().tasks.front().probe_data == "original_train");
  facts.max_length = 32;
  LoadedText shorter(run::recipe_text(facts));
  REQUIRE(shorter.script.recipe().train.max_length == 32);
}

TEST_CASE("files are looked at, split where no test file is given, and named relative to the recipe") {
  TemporaryFolder folder;
  run::NewRecipeRequest request;
  request.model = kModel;
  request.scripts = "/opt/engram/scripts";
  request.new_file = folder.write("data/x.csv", rows("text,label\n", {"good", "bad"}, 100));
  request.original_file = folder.write("data/y.csv", rows("text,topic\n", {"sport", "world", "art"}, 100));
  request.original_test = folder.write("data/y_test.csv", rows("text,topic\n", {"sport", "world", "art"}, 30));
  request.out = folder.path() / "recipe.lua";
  const run::NewRecipe made = run::make_new_recipe(request);
  REQUIRE(made.told.find("x.csv: 100 rows, text in 'text', label in 'label'; 2 labels: bad, good\n"
                         "  [good] this is sentence number 0\n") == 0);
  REQUIRE(made.told.find("Split by row into new_train.csv (") != std::string::npos);
  REQUIRE(made.told.find("The model has no head with these labels; one is fitted before the run") != std::string::npos);
  REQUIRE(written_names(made) ==
          std::vector<std::string>{"new_train.csv", "new_evaluate.csv", ".luarc.json", "recipe.lua"});
  LoadedText loaded(made.files.back().bytes);
  const recipe::Recipe& recipe = loaded.script.recipe();
  REQUIRE(recipe.find_data("train")->file == "new_train.csv");
  REQUIRE(recipe.find_data("new")->file == "new_evaluate.csv");
  REQUIRE(recipe.find_data("original")->file == "data/y_test.csv");
  REQUIRE(recipe.find_data("original_train")->file == "data/y.csv");
  folder.write("recipe.lua", made.files.back().bytes);
  REQUIRE(refusal([&] { run::make_new_recipe(request); }) ==
          "recipe.lua: this file exists already. Fix: choose another name with --out");
}

TEST_CASE("files of one name for both tasks are split into files of four names") {
  TemporaryFolder folder;
  run::NewRecipeRequest request;
  request.model = kModel;
  request.scripts = "/opt/engram/scripts";
  request.new_file = folder.write("spam/train.csv", rows("text,label\n", {"good", "bad"}, 100));
  request.original_file = folder.write("news/train.csv", rows("text,topic\n", {"sport", "world"}, 100));
  request.out = folder.path() / "recipe.lua";
  const run::NewRecipe made = run::make_new_recipe(request);
  REQUIRE(written_names(made) == std::vector<std::string>{"new_train.csv", "new_evaluate.csv", "original_train.csv",
                                                          "original_evaluate.csv", ".luarc.json", "recipe.lua"});
  REQUIRE(made.files[0].bytes.rfind("text,label\n", 0) == 0);
  REQUIRE(made.files[2].bytes.rfind("text,topic\n", 0) == 0);
  REQUIRE_FALSE(std::filesystem::exists(folder.path() / "new_train.csv"));
}

TEST_CASE("parts of splits overwrite nothing, and all that are in the way are named") {
  TemporaryFolder folder;
  run::NewRecipeRequest request;
  request.model = kModel;
  request.scripts = "/opt/engram/scripts";
  request.new_file = folder.write("new_train.csv", rows("text,label\n", {"good", "bad"}, 100));
  request.original_file = folder.write("news.csv", rows("text,topic\n", {"sport", "world"}, 100));
  folder.write("original_evaluate.csv", "somebody's own\n");
  request.out = folder.path() / "recipe.lua";
  const std::string words =
      ": exists already, and a part of the split would be written there. Fix: move it away, choose another folder with "
      "--out, or name the test files: --new-test, --original-test";
  REQUIRE(refusal([&] { run::make_new_recipe(request); }) ==
          "new_train.csv" + words + "\noriginal_evaluate.csv" + words);
}

TEST_CASE("the editor's settings name the installation's types and the libraries that recipes do not have") {
  const Json settings = Json::parse(run::editor_settings("/opt/engram/bin/../share/engram/scripts"));
  REQUIRE(settings["workspace.library"] == Json{"/opt/engram/share/engram/scripts"});
  REQUIRE(settings["runtime.version"] == "LuaJIT");
  for (const char* absent : {"io", "os", "ffi", "debug", "jit", "coroutine", "package"}) {
    REQUIRE(settings["runtime.builtin"][absent] == "disable");
  }
}

TEST_CASE("editor settings of one's own stay as they are, and what they lack is told") {
  TemporaryFolder folder;
  run::NewRecipeRequest request;
  request.model = kModel;
  request.scripts = "/opt/engram/scripts";
  request.new_file = folder.write("x.csv", rows("text,label\n", {"good", "bad"}, 100));
  request.original_file = folder.write("y.csv", rows("text,topic\n", {"sport", "world"}, 100));
  request.out = folder.path() / "recipe.lua";
  const std::string hint =
      ".luarc.json is there already and stays as it is. For completion in recipes, add to it:\n"
      "  \"workspace.library\": [\"/opt/engram/scripts\"]\n";
  const auto make = [&] { return run::make_new_recipe(request); };
  const auto settings_of = [](const run::NewRecipe& made) {
    for (const run::NewFile& file : made.files) {
      if (file.path.filename() == ".luarc.json") return file.bytes;
    }
    return std::string();
  };
  REQUIRE(settings_of(make()) == run::editor_settings("/opt/engram/scripts"));
  REQUIRE(make().told.find("Editors with the Lua language server complete") != std::string::npos);
  folder.write(".luarc.json", "{ // mine\n}\n");
  REQUIRE(settings_of(make()).empty());
  REQUIRE(make().told.find(hint) != std::string::npos);
  folder.write(".luarc.json", run::editor_settings("/opt/engram/scripts"));
  REQUIRE(settings_of(make()).empty());
  REQUIRE(make().told.find(".luarc.json") == std::string::npos);
}

TEST_CASE("the written recipe says its type to editors, on the line before the table") {
  const std::string text = run::recipe_text({"m", "topics", {"a.csv", {}, 1}, {"b.csv", {}, 1}, {"c.csv", {}, 1}, {}});
  REQUIRE(text.find("\n---@type engram.Recipe\nreturn {\n") != std::string::npos);
}
