#include "cli/markdown.hpp"
#include "cli/recipe_page.hpp"

#include "base/errors.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::cli;

namespace {

const std::vector<recipe::Key> kKeys = {
    {"model", "string", "a string", "", true, "The model.", "model = \"m\""},
    {"train.epochs", "number", "a number above 0", "3", false, "Passes.", "epochs = 1.5"},
    {"train.dropout", "number", "'a' | 'b'", "the model's own", false, "Dropout.", "dropout = 0"}};

std::string refusal(const std::string& page) {
  try {
    recipe_page(page, kKeys);
  } catch (const RecipeError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the lines of a page that name a part are replaced by it, all others stay") {
  const auto part = [](const std::string& name, const std::string& argument) { return name + "(" + argument + ")\n"; };
  REQUIRE(filled("a\n<!-- keys: train -->\n\n<!-- advice -->\nx <!-- keys: y -->\n", part) ==
          "a\nkeys(train)\n\nadvice()\nx <!-- keys: y -->\n");
  REQUIRE(filled("", part).empty());
}

TEST_CASE("bars in cells do not end them") {
  REQUIRE(markdown_table({"a", "b"}, {{"x|y", "z"}}) == "| a | b |\n|---|---|\n| x\\|y | z |\n");
}

TEST_CASE("a page of keys shows their defaults as code, words as words, and compulsory ones as such") {
  REQUIRE(recipe_page("<!-- keys: recipe -->\n<!-- keys: train -->\n", kKeys) ==
          "| key | allowed | without it | meaning | example |\n|---|---|---|---|---|\n"
          "| `model` | a string | compulsory | The model. | `model = \"m\"` |\n"
          "| key | allowed | without it | meaning | example |\n|---|---|---|---|---|\n"
          "| `epochs` | a number above 0 | `3` | Passes. | `epochs = 1.5` |\n"
          "| `dropout` | 'a' \\| 'b' | the model's own | Dropout. | `dropout = 0` |\n");
}

TEST_CASE("a page that leaves out a section, or asks for one that is not there, is refused") {
  REQUIRE(refusal("<!-- keys: recipe -->\n") ==
          "the page leaves out the keys of train. Fix: add a line <!-- keys: train -->");
  REQUIRE(refusal("<!-- keys: tarin -->\n") ==
          "the page asks for the keys of 'tarin', which has none (allowed: the path of a section, such as train or "
          "data.<name>)");
}
