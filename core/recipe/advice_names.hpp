// The short names of advice, as `waive = { "warm_up" }` writes them: what a recipe's writer may say to have considered.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace engram::recipe {

// Each with what it is about, for docs. core/advisor gives them.
inline const std::vector<std::pair<std::string, std::string>> kAdvice = {
    {"new_task_alone", "neither score nor stop sees what the original task loses"},
    {"over_training", "too many epochs at too high a rate for so few rows"},
    {"under_training", "too few steps, or too low a rate for them, to learn the task"},
    {"one_rate", "full fine-tuning at one rate for all layers"},
    {"rate_too_high", "a peak rate above what is usual for what trains"},
    {"rate_too_low", "an adapter trained at a rate for full fine-tuning"},
    {"batch_and_rate", "few examples a step at a high rate"},
    {"warm_up", "full fine-tuning that starts at its peak rate"},
    {"rank", "a low-rank adapter below rank 4, or above a quarter of its matrix"},
    {"embedding_decay", "weight decay shrinks the embeddings of tokens that never occur"},
    {"shared_rows", "rows that are scored are also trained on or measured from"},
    {"small_original", "an original evaluation set too small to see the drop that matters"},
    {"accuracy_only", "accuracy alone on a set where one label prevails"},
    {"cut_texts", "many texts are longer than train.max_length"},
};

}  // namespace engram::recipe
