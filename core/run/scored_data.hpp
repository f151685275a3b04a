// The evaluation sets that a command works on: one that it names, or those of a run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "data/examples.hpp"
#include "recipe/recipe.hpp"
#include "run/opened.hpp"

namespace engram::run {

struct ScoredData {
  recipe::DataSet set;  // its task names one of the heads
  std::filesystem::path file;
};

// `named` for the head `task`, or every evaluation set of the run (of `task` alone, unless that is empty). Faults:
// there is neither, a file is gone or has changed, its columns are not named, one text where the task was trained on
// pairs or the other way about.
std::vector<ScoredData> scored_data(const Opened& opened, const std::optional<recipe::DataSet>& named,
                                    const std::string& task, Faults& faults);

// Rows, tokens and the labels' places in the head. Throws DataError (file, line): labels that the head does not know,
// rows without one.
data::Examples load_scored(const ScoredData& data, const model::Head& head, const std::vector<model::Head>& heads,
                           const data::Tokenizer& tokenizer, int64_t max_length);

// The head of a task among these. Throws DataError naming the nearest.
const model::Head& head_for(const std::string& task, const std::vector<model::Head>& heads, const Opened& opened);

}  // namespace engram::run
