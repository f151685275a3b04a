// A run as far as its evaluations tell it.
#pragma once

#include "recipe/history.hpp"
#include "report/views.hpp"
#include "run/candidates.hpp"
#include "run/scoring.hpp"

namespace engram::run {

// Rows of the chosen and the last evaluation, the checkpoint chosen and both crossover points; the rest stays empty.
report::RunSummary summary_of_history(const recipe::History& history, const Scoring& scoring);

// What is shown of one evaluation, its details marked; of a baseline the score is left out.
report::EvaluationView evaluation_view(report::EvaluationKind kind, const recipe::Evaluation& evaluation,
                                       const train::StepCount& count, const Scoring& scoring,
                                       const advisor::Guards& guards);
// Details are macro F1 and, of a set, all but six metrics of the recipe's own; what score or stop reads is none.
void mark_details(std::vector<report::EvaluationRow>& rows, const advisor::Guards& guards);

// Refuses the newest evaluation whatever its score: the best of those before it is the result. Whether it was the best.
bool roll_back(recipe::History& history);

// The evaluations on the way to the last one, without those of steps that roll-backs undid.
recipe::History path_of(const recipe::History& history);
// Takes the newest evaluation out, of several; the best of those before it is the best again.
void remove_newest(recipe::History& history);

// What of a summary was known before the run: its recipe, strategies, steps and counts.
void add_plan(report::RunSummary& summary, const Preparation& prepared);

// Makes a candidate the checkpoint chosen, unless there is none.
void choose_candidate(report::RunSummary& summary, const std::optional<Candidate>& candidate, const Scoring& scoring);

}  // namespace engram::run
