// engram.grid: its points, the recipe of each, and faults that name the point.
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string grid_text(const std::string& over, const std::string& train = "{ learning_rate = p.rate }",
                      const std::string& rest = "") {
  return R"(local engram = require "engram"
return engram.grid {
  over = )" +
         over + R"(,
  recipe = function(p)
    return {
      model = "m",
      tasks = { fresh = {} },
      waive = { "original" },
      data = {
        train = { "a.csv", text = 1, label = 2, task = "fresh", use = "train" },
        new = { "b.csv", text = 1, label = 2, task = "fresh", use = "evaluate" },
      },
      train = )" +
         train + ",\n" + rest + R"(
    }
  end,
}
)";
}

const std::string kOver = "{ rate = { 1e-5, 5e-5 }, rank = { 4, 8 } }";

class GridFile {
 public:
  explicit GridFile(const std::string& text) : file_(folder_.write("grid.lua", text)) {}
  std::vector<script::GridPoint> points() const { return script::RecipeScript::points(file_, library_folder()); }
  script::RecipeScript load(const std::string& point, const script::Overrides& overrides = {}) const {
    return script::RecipeScript::load(file_, overrides, library_folder(), point);
  }

 private:
  TemporaryFolder folder_;
  std::string file_;
};

std::string points_refusal(const std::string& over) {
  return refusal([&] { GridFile(grid_text(over)).points(); });
}

}  // namespace

TEST_CASE("the points of a grid are the product, axes in sorted order, the last one fastest") {
  const std::vector<script::GridPoint> points = GridFile(grid_text(kOver)).points();
  REQUIRE(points.size() == 4);
  REQUIRE(points[0].name == "rank=4,rate=1e-05");
  REQUIRE(points[1].name == "rank=4,rate=5e-05");
  REQUIRE(points[2].name == "rank=8,rate=1e-05");
  REQUIRE(points[3].name == "rank=8,rate=5e-05");
  using Values = std::vector<std::pair<std::string, std::string>>;
  REQUIRE(points[1].values == Values{{"rank", "4"}, {"rate", "5e-05"}});
}

TEST_CASE("values of a point may be strings and booleans; names of runs are fit for folders") {
  const auto points = GridFile(grid_text("{ model = { '../a b', 'c' }, on = { true, false } }")).points();
  REQUIRE(points[0].name == "model=..-a-b,on=true");
  REQUIRE(points[0].values[0].second == "../a b");
  REQUIRE(points[3].name == "model=c,on=false");
}

TEST_CASE("a plain recipe has no points") { REQUIRE(GridFile(recipe_text(kTrain)).points().empty()); }

TEST_CASE("each point gives the recipe with its own values") {
  const GridFile grid(grid_text(kOver));
  REQUIRE(grid.load("rank=4,rate=1e-05").recipe().train.learning_rate == 1e-5);
  const script::RecipeScript script = grid.load("rank=8,rate=5e-05", {{"train.epochs", "7"}});
  REQUIRE(script.recipe().train.learning_rate == 5e-5);
  REQUIRE(script.recipe().train.epochs == 7);
  REQUIRE(script.recipe().point == "rank=8,rate=5e-05");
  REQUIRE(script.recipe().name == "grid");
}

TEST_CASE("an unknown point is refused with the nearest one, and so is a point of a plain recipe") {
  const GridFile grid(grid_text(kOver));
  const std::string fix = ". Fix: name one with --point, or run the whole grid";
  REQUIRE(refusal([&] {
            grid.load("rank=4,rate=1e-5");
          }).rfind("grid.lua: the grid has no point 'rank=4,rate=1e-5'; did you mean 'rank=4,rate=1e-05'", 0) == 0);
  REQUIRE(refusal([&] { grid.load(""); }) ==
          "grid.lua: this recipe is a grid, and no point of it is named (allowed: rank=4,rate=1e-05; "
          "rank=4,rate=5e-05; rank=8,rate=1e-05; rank=8,rate=5e-05)" +
              fix);
  REQUIRE(refusal([&] { GridFile(recipe_text(kTrain + " score = function() return 1 end,")).load("rate=1"); }) ==
          "grid.lua: there is no point 'rate=1': this recipe is no grid. Fix: leave --point out");
}

TEST_CASE("what a grid may not hold is refused at its line, all at once") {
  REQUIRE(points_refusal("{}") ==
          "grid.lua:3: over is a table without axes (allowed: a table such as { rate = { 1e-5, "
          "5e-5 }, rank = { 4, 8 } })");
  REQUIRE(
      points_refusal("{\n  rate = 3,\n  rank = { {} },\n  ['a b'] = { 1 },\n  empty = {} }") ==
      "grid.lua:4: over.rate is a number (allowed: a list of at least one number, string or boolean)\n"
      "grid.lua:5: over.rank[1] is a table (allowed: a number, a string or a boolean)\n"
      "grid.lua:6: over.a b has a name that p.a b does not read (allowed: letters, digits and _)\n"
      "grid.lua:7: over.empty is a table that is empty or has names (allowed: a list of at least one number, string "
      "or boolean)");
  REQUIRE(points_refusal("{ rate = { 1, 1 } }") ==
          "grid.lua:3: over.rate has two values that both name their runs '1' (allowed: values that differ in letters "
          "and digits)");
  const std::string many = "(function() local t = {} for i = 1, 40 do t[i] = i end return t end)()";
  REQUIRE(points_refusal("{ a = " + many + ", b = " + many + " }") ==
          "grid.lua:3: over makes more than 1,000 points (allowed: fewer values, or several grids)");
  REQUIRE(
      points_refusal("{ a = { ('x'):rep(300) } }").find("(allowed: names of at most 200 bytes, from shorter values)") !=
      std::string::npos);
  REQUIRE(refusal([] { GridFile("return { over = { a = { 1 } }, recipee = 3 }").points(); }) ==
          "grid.lua:1: recipee is unknown; did you mean 'recipe'? (allowed: over, recipe)\n"
          "grid.lua:1: recipe is missing (allowed: a function of the point that returns a recipe, such as function(p) "
          "return { ... } end)");
}

TEST_CASE("faults of a point's recipe stand on their lines and name the point") {
  const GridFile grid(grid_text(kOver, "{ learning_rate = p.rate,\n   epoks = 3 }"));
  REQUIRE(refusal([&] {
            grid.load("rank=4,rate=1e-05");
          }).rfind("grid.lua:14: unknown key train.epoks; did you mean 'epochs'?, at point rank=4,rate=1e-05", 0) == 0);
  const GridFile misspelt(grid_text(kOver, "{ learning_rate = p.rat }"));
  REQUIRE(refusal([&] { misspelt.load("rank=4,rate=1e-05"); })
              .rfind("grid.lua:13: the grid's recipe failed: unknown axis of the grid 'rat'; did you mean 'rate' or "
                     "'rank'?, at point rank=4,rate=1e-05\nstack traceback:",
                     0) == 0);
}

TEST_CASE("callbacks of a point fail with the point's name, before step 0 and after") {
  const GridFile grid(grid_text(kOver, "{ learning_rate = p.rate }",
                                "schedule = function(s) if s.step == p.rank then return -1 end return 1 end,\n"
                                "score = function(m) return m.nwe.accuracy end,"));
  script::RecipeScript script = grid.load("rank=8,rate=1e-05");
  REQUIRE(refusal([&] {
            script.schedule({8, 10, 0, 1});
          }).rfind("grid.lua:14: schedule returned the factor -1, at point rank=8,rate=1e-05 (allowed:", 0) == 0);
  REQUIRE(refusal([&] { resolve(script); })
              .rfind("grid.lua:15: score failed: unknown evaluation set 'nwe'; did you mean 'new'?, at point "
                     "rank=8,rate=1e-05\n",
                     0) == 0);
}
