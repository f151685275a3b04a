// The pitfall advisor: advice on a recipe that is right and likely to disappoint. The rules and the numbers behind
// them: docs/advice.md.
#pragma once

#include <vector>

#include "advisor/advice.hpp"
#include "advisor/facts.hpp"

namespace engram::advisor {

// In the order of recipe/advice_names.hpp, without what the recipe waives; `place` is left empty.
std::vector<Advice> advise(const Facts& facts);

// The parts of advise(), one for each kind of pitfall. Each appends what it finds, waived or not.
void advise_on_guards(const Facts& facts,
                      std::vector<Advice>& advice);                     // new_task_alone, small_original, accuracy_only
void advise_on_rates(const Facts& facts, std::vector<Advice>& advice);  // over_training, one_rate, rate_too_high, ...
void advise_on_weights(const Facts& facts, std::vector<Advice>& advice);  // rank, embedding_decay
void advise_on_rows(const Facts& facts, std::vector<Advice>& advice);     // shared_rows, cut_texts

}  // namespace engram::advisor
