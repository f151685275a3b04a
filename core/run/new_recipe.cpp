#include "run/new_recipe.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "hub/resolve.hpp"
#include "model/folder.hpp"
#include "run/editor_settings.hpp"
#include "run/split_file.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

// A path as the recipe in `folder` names it. One given as absolute stays so, unless it lies inside that folder.
std::string beside(const fs::path& file, const fs::path& folder) {
  const fs::path whole = fs::absolute(file).lexically_normal();
  const fs::path relative = whole.lexically_proximate(fs::absolute(folder).lexically_normal());
  const bool outside = !relative.empty() && *relative.begin() == "..";
  return (file.is_absolute() && outside ? whole : relative).generic_string();
}

std::string counted(int64_t count, const std::string& what) {
  return text::thousands(count) + " " + what + (count == 1 ? "" : "s");
}

// The name of the model's head that gives exactly the labels of the original file, if there is one.
std::optional<std::string> matching_head(const model::FolderFacts& facts, const std::set<std::string>& labels) {
  for (const auto& head : facts.heads) {
    const std::set<std::string> names(head.labels.begin(), head.labels.end());
    const bool known = std::includes(names.begin(), names.end(), labels.begin(), labels.end());
    if (known && !labels.empty()) return head.task.empty() ? "original_task" : head.task;
  }
  return std::nullopt;
}

// A file that has been looked at and told about.
struct Seen {
  fs::path file;
  data::Guess guess;
  int64_t rows = 0;

  NewSet as_set(const fs::path& folder) const { return {beside(file, folder), guess.set, rows}; }
};

Seen look_at(const fs::path& file, std::string& told) {
  Seen seen{file, data::guess(file)};
  if (!seen.guess.set.label && seen.guess.set.format != recipe::DataFormat::label_lines) {
    throw DataError(Fault{"no column looks like labels", file.string(), "a column of texts and one of labels",
                          "columns found: " + text::join(seen.guess.columns, ", ")});
  }
  seen.rows = data::count_rows(seen.guess.set, file).rows;
  told += guess_text(file, seen.guess, seen.rows);
  return seen;
}

// One file as two sets: itself and the test file, or the two parts of a split, named after the `task` they are for.
std::pair<NewSet, NewSet> train_and_evaluate(const Seen& whole, const fs::path& test, const fs::path& folder,
                                             const std::string& task, NewRecipe& made) {
  if (!test.empty()) return {whole.as_set(folder), look_at(test, made.told).as_set(folder)};
  Split parts = split_file(whole.guess.set, whole.file);
  const std::string ending = whole.file.extension().string();
  const std::string train = task + "_train" + ending;
  const std::string evaluate = task + "_evaluate" + ending;
  made.told += "  Split by row into " + train + " (" + counted(parts.train_rows, "row") + ") and " + evaluate + " (" +
               counted(parts.evaluate_rows, "row") + ").\n";
  made.files.push_back({folder / train, std::move(parts.train)});
  made.files.push_back({folder / evaluate, std::move(parts.evaluate)});
  return {{train, whole.guess.set, parts.train_rows}, {evaluate, whole.guess.set, parts.evaluate_rows}};
}

// A link that leads nowhere is somebody's, too.
bool is_taken(const fs::path& path) { return fs::exists(fs::symlink_status(path)); }

void refuse_to_overwrite(const std::vector<NewFile>& parts) {
  Faults faults;
  for (const NewFile& part : parts) {
    if (!is_taken(part.path)) continue;
    faults.add({"exists already, and a part of the split would be written there", part.path.string(), "",
                "move it away, choose another folder with --out, or name the test files: --new-test, --original-test"});
  }
  faults.raise<RecipeError>();
}

// Settings of somebody's own stay as they are.
void add_editor_settings(const fs::path& folder, const fs::path& scripts, NewRecipe& made) {
  const fs::path file = folder / ".luarc.json";
  if (!is_taken(file)) {
    made.files.push_back({file, editor_settings(scripts)});
    made.told +=
        "Editors with the Lua language server complete and explain the recipe's keys: .luarc.json says where "
        "engram's types are.\n";
    return;
  }
  const std::string missing = fs::is_regular_file(file) ? missing_setting(read_file(file), scripts) : "";
  if (missing.empty()) return;
  made.told += file.filename().string() +
               " is there already and stays as it is. For completion in recipes, add to it:\n  " + missing + "\n";
}

std::string columns_text(const std::vector<recipe::Column>& columns) {
  std::vector<std::string> names;
  for (const recipe::Column& column : columns) {
    const std::string* name = std::get_if<std::string>(&column);
    names.push_back(name != nullptr ? "'" + *name + "'" : "column " + std::to_string(std::get<int>(column)));
  }
  return text::join(names, ", ");
}

}  // namespace

std::string guess_text(const fs::path& file, const data::Guess& guess, int64_t rows) {
  constexpr size_t kShownLabels = 8;
  constexpr size_t kShownText = 80;
  std::vector<std::string> labels = guess.labels;
  const size_t count = labels.size();
  if (count > kShownLabels) labels.resize(kShownLabels);
  std::string out = file.filename().string() + ": " + counted(rows, "row");
  if (!guess.set.text.empty()) out += ", text in " + columns_text(guess.set.text);
  if (!guess.set.pair.empty()) out += ", second text in " + columns_text(guess.set.pair);
  if (guess.set.label) out += ", label in " + columns_text({*guess.set.label});
  out += "; " + counted(static_cast<int64_t>(count), "label") + ": " + text::join(labels, ", ");
  out += count > kShownLabels ? ", ...\n" : "\n";
  for (const data::Row& row : guess.first_rows) {
    std::string shown = row.text.substr(0, kShownText);
    std::replace(shown.begin(), shown.end(), '\n', ' ');
    out += "  [" + row.label.value_or("") + "] " + shown + (row.text.size() > kShownText ? "..." : "") + "\n";
  }
  for (const std::string& note : guess.notes) out += "  Note: " + note + "\n";
  return out;
}

NewRecipe make_new_recipe(const NewRecipeRequest& request) {
  if (is_taken(request.out)) {
    throw RecipeError(Fault{"this file exists already", request.out.string(), "", "choose another name with --out"});
  }
  const fs::path folder = request.out.parent_path().empty() ? fs::path(".") : request.out.parent_path();
  const hub::Located located = hub::resolve(request.model.string(), "", "--model");
  const model::FolderFacts model = model::inspect_folder(located.folder);
  NewRecipe made;
  NewRecipeFacts facts;
  facts.model = located.snapshot ? located.snapshot->reference.text() : beside(request.model, folder);
  facts.max_length = std::min(facts.max_length, model.view.max_positions);
  const Seen learnt = look_at(request.new_file, made.told);
  std::tie(facts.train, facts.evaluate) = train_and_evaluate(learnt, request.new_test, folder, "new", made);
  const Seen kept = look_at(request.original_file, made.told);
  const std::set<std::string> labels(kept.guess.labels.begin(), kept.guess.labels.end());
  if (const auto head = matching_head(model, labels)) {
    facts.original_task = *head;
    facts.original =
        request.original_test.empty() ? kept.as_set(folder) : look_at(request.original_test, made.told).as_set(folder);
    made.told += "  The model has a head with these labels; it is kept and scored.\n";
  } else {
    facts.original_task = "original_task";
    NewSet train;
    std::tie(train, facts.original) = train_and_evaluate(kept, request.original_test, folder, "original", made);
    facts.original_train = train;
    made.told +=
        "  The model has no head with these labels; one is fitted before the run, on rows that are not scored.\n";
  }
  refuse_to_overwrite(made.files);
  add_editor_settings(folder, request.scripts, made);
  made.files.push_back({request.out, recipe_text(facts)});
  return made;
}

}  // namespace engram::run
