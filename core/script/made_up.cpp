#include "script/made_up.hpp"

namespace engram::script {
namespace {

recipe::Metrics made_up(const recipe::Metrics& names, Course course, int evaluation) {
  recipe::Metrics metrics = names;
  int index = 0;
  for (auto& [set, numbers] : metrics) {
    for (auto& [metric, number] : numbers) {
      const bool up = course == Course::rising || (course == Course::mixed && index % 2 == 0);
      const double start = 0.5 + 0.001 * (index % 100);
      number = start + (up ? 1 : -1) * 0.055 * evaluation;
      ++index;
    }
  }
  return metrics;
}

std::string headline(const Fault& fault) { return fault.what.substr(0, fault.what.find('\n')); }

}  // namespace

bool same_failure(const Fault& a, const Fault& b) { return a.where == b.where && headline(a) == headline(b); }

recipe::History made_up_history(const recipe::Metrics& names, Course course, int evaluations) {
  recipe::History history;
  history.baseline = made_up(names, course, 0);
  for (int i = 0; i < evaluations; ++i) {
    const double score = 0.5 + (course == Course::falling ? -0.05 : 0.05) * i;
    history.evaluations.push_back(
        {i * kMadeUpSteps / kMadeUpEvaluations, 3.0 * i / kMadeUpEvaluations, made_up(names, course, i), score});
  }
  history.best = course == Course::falling ? 0 : history.evaluations.size() - 1;
  history.steps = kMadeUpSteps;
  history.seconds = 60.0 * evaluations;
  return history;
}

MadeUpExamples::MadeUpExamples(const recipe::SetShape& shape, Answers answers) {
  constexpr int64_t kOfEachClass = 4;
  const auto classes = static_cast<int64_t>(shape.classes.size());
  for (int64_t i = 0; i < kOfEachClass * classes; ++i) {
    const int64_t label = i % classes;
    const int64_t round = i / classes;
    const int64_t better = round == 0 ? (label + 1) % classes : label;
    const int64_t predicted = answers == Answers::one_class ? 0 : better;
    labels_.push_back(label);
    predictions_.push_back(predicted);
    // Between 0.6 and 0.9 for the prediction, the rest for the other classes alike.
    const float sure = classes == 1 ? 1 : 0.6f + 0.1f * static_cast<float>(round);
    for (int64_t c = 0; c < classes; ++c) {
      probabilities_.push_back(c == predicted ? sure : (1 - sure) / static_cast<float>(classes - 1));
    }
    groups_.emplace_back(round % 2 == 0 ? "a" : "b");
  }
  if (!shape.has_groups) groups_.clear();
  set_ = {shape, labels_, predictions_, probabilities_, groups_};
}

}  // namespace engram::script
