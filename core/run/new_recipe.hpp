// `engram new recipe`: a commented first recipe from a model folder and data files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/sniff.hpp"

namespace engram::run {

struct NewRecipeRequest {
  std::filesystem::path model;
  std::filesystem::path new_file;
  std::filesystem::path original_file;
  std::filesystem::path new_test;       // empty: new_file is split
  std::filesystem::path original_test;  // empty: original_file is split when a head must be fitted on it
  std::filesystem::path out = "recipe.lua";
  std::filesystem::path scripts;  // the installation's Lua files, for the editor's settings
};

// A data set of the recipe to be written: the file as the recipe names it, and how it is read.
struct NewSet {
  std::string file;
  recipe::DataSet set;
  int64_t rows = 0;
};

struct NewRecipeFacts {
  std::string model;          // as the recipe names it
  std::string original_task;  // its head is the model's own when `original_train` is absent
  NewSet train;
  NewSet evaluate;
  NewSet original;
  std::optional<NewSet> original_train;  // fits the original task's head by a probe
  int64_t max_length = 128;              // tokens; what the model reads at most, where that is less
};

// The recipe's text, a pure function of the facts.
std::string recipe_text(const NewRecipeFacts& facts);

// What was understood of a file, for the terminal: columns, labels, first rows and notes. Lines end in '\n'.
std::string guess_text(const std::filesystem::path& file, const data::Guess& guess, int64_t rows);

// A file that is not there yet.
struct NewFile {
  std::filesystem::path path;
  std::string bytes;
};

struct NewRecipe {
  std::vector<NewFile> files;  // beside the recipe: parts of splits, the editor's settings; then the recipe
  std::string told;            // what to print: files as understood, splits made
};

// Looks at model and files, and writes nothing. Where a test file is missing, a file is split into new_train and
// new_evaluate, or original_train and original_evaluate, with its own ending. Throws RecipeError when a file to be
// written exists already (but editor settings, which stay as they are), DataError for files that cannot be understood.
NewRecipe make_new_recipe(const NewRecipeRequest& request);

}  // namespace engram::run
