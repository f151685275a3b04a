// Which head answers for a task: of what was trained, and of the base that it is compared with.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "run/opened.hpp"

namespace engram::run {

// Throws DataError: a task that has no head in `folder`, which has heads of `names`.
[[noreturn]] void refuse_unknown_head(const std::string& task, const std::vector<std::string>& names,
                                      const std::filesystem::path& folder);

// The heads of what was opened, the trained one first: an adapter's own and those beside it, else the model folder's.
// Named heads of the base that nothing replaces follow. On the model's device.
std::vector<model::Head> heads_of(const Opened& opened);

// A base's heads as load_model() gives them, and which of them its folder does not name.
struct BaseHeads {
  std::vector<model::Head> heads;
  std::string unnamed;  // its task in `heads`; empty: none
};
BaseHeads heads_of_base(const model::Model& base, const model::FolderFacts& facts);

// The head that the base has for the task of `head`, with the same labels in the same order: one of that name; or the
// one without a name, where the labels are the same. Empty: it has none.
std::optional<model::Head> base_head_for(const BaseHeads& base, const model::Head& head);

}  // namespace engram::run
