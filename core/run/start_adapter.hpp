// The adapter from which a run goes on training: a recipe's `adapter`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "checkpoint/adapter.hpp"
#include "checkpoint/provenance.hpp"
#include "model/folder.hpp"
#include "recipe/recipe.hpp"

namespace engram::run {

// The name by which a recipe waives that the adapter was trained on another model: waive = { "adapter_base" }.
inline constexpr const char* kOtherBaseWaived = "adapter_base";

struct StartAdapter {
  checkpoint::Adapter adapter;                       // with the folder that it was read from
  std::optional<checkpoint::Provenance> provenance;  // empty: made by others
  std::vector<std::string> notes;                    // what a user has to know before the run
};

// Empty where the recipe names none. What is wrong with the folder or the adapter goes to `faults`, at the recipe's
// line.
std::optional<StartAdapter> read_start_adapter(const recipe::Recipe& recipe, const model::FolderFacts& base,
                                               Faults& faults);

// The recipe's task with the labels of the adapter's head, where the recipe lists none and the adapter knows them.
recipe::Task with_labels_of(const StartAdapter& start, recipe::Task task);

// Adds a fault where the adapter's head is not one of `labels` in their order; without provenance their number alone is
// known, which is noted.
void compare_labels(StartAdapter& start, const recipe::Task& task, const std::vector<std::string>& labels,
                    Faults& faults);

// Whether an adapter's base is the recipe's model.
enum class BaseMatch { recorded, unknown, other };

// By the hashes of the model's tensors and of its tokenizer. Throws DataError where they are not those that the
// adapter's provenance names, with both of each; where the recipe waives it, that goes to `warnings` instead.
BaseMatch match_base(const StartAdapter& start, const recipe::Recipe& recipe, const model::FolderFacts& base,
                     const std::string& tensors_hash, std::vector<std::string>& warnings);

// For the manifest: folder, hashes of the files, how the base was known. Throws DataError when a file is gone.
Json start_adapter_json(const StartAdapter& start, BaseMatch match);

}  // namespace engram::run
