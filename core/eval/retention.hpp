// What the new task cost the original one: drop, retained share, gain and the crossover points.
//
// Definitions: A0 is the untouched model's score on the original task, A the score now, c its floor (the majority-class
// rate); B, c_B and B_ref are the new task's score, floor and reference. drop = A0 - A; relative drop = drop / (A0 -
// c); retained = 1 - relative drop; gain = (B - c_B) / (B_ref - c_B).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "recipe/history.hpp"

namespace engram::eval {

// One evaluation set as the report sees it.
struct TrackedSet {
  std::string name;
  std::string metric = "accuracy";  // the one that stands for the set
  double floor = 0;                 // majority-class rate
  double reference = 1;             // new task only: the score that counts as learnt
  int64_t rows = 0;                 // a loss of one row or less is none; 0: every loss counts
};

double drop(double untouched, double now);
// Empty when the untouched model is not above the floor: then there is nothing to retain.
std::optional<double> retained(double untouched, double now, double floor);
double gain(double now, double floor, double reference);

struct CrossoverPoint {
  double step = 0;  // linearly interpolated
  double epoch = 0;
};

struct Crossover {
  // The first point where more was lost than learnt since the last evaluation, and more than one row of an original
  // set.
  std::optional<CrossoverPoint> marginal;
  // The first point where the retained share has fallen to the gained share, by more than one row.
  std::optional<CrossoverPoint> level;
};

// Over a run's evaluations, each role averaged over its sets. Empty points mean "none seen".
Crossover find_crossover(const recipe::History& history, const std::vector<TrackedSet>& new_sets,
                         const std::vector<TrackedSet>& original_sets);

}  // namespace engram::eval
