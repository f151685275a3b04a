// Rules before the first step.
#include "base/errors.hpp"
#include "claim_text.hpp"
#include "rules.hpp"

namespace engram::contract {
namespace {

std::vector<std::string> lines_of(const strategy::Strategies& strategies, const sdk::ModelView& view) {
  return plan_lines(strategies.plan(view).front().plan);
}

void require_same_plan(const std::vector<std::string>& first, const std::vector<std::string>& second,
                       const std::string& whose) {
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    const std::string one = i < first.size() ? first[i] : "nothing", other = i < second.size() ? second[i] : "nothing";
    if (one != other)
      throw Broken(whose + " gives, as claim " + std::to_string(i + 1) + ", '" + other + "', not '" + one + "'");
  }
}

}  // namespace

void loads(Subject& subject) { load(subject.contract()); }

void plan_is_pure(Subject& subject) {
  const std::unique_ptr<model::Model> model = subject.family().make();
  const strategy::Strategies strategies = load(subject.contract()), again = load(subject.contract());
  const std::vector<std::string> first = lines_of(strategies, model->view());
  require_same_plan(first, lines_of(strategies, model->view()), "a second plan() of the same object");
  require_same_plan(first, lines_of(again, model->view()), "plan() of a second object");
}

void claims_match(Subject& subject) {
  const std::unique_ptr<model::Model> model = subject.family().make();
  Faults faults;
  strategy::resolve(model->view(), load(subject.contract()).plan(model->view()), data_facts(), faults);
  faults.raise<RecipeError>();
}

void start_repeats(Subject& subject) {
  const TensorsByName first = Trial(subject.contract(), subject.family()).tensors();
  const TensorsByName second = Trial(subject.contract(), subject.family()).tensors();
  require_equal(first, second, "two runs of one seed start differently");
}

void starts_as_it_was(Subject& subject) {
  if (!subject.contract().identity_at_start) throw NotApplicable("the case promises no identity at the start");
  Trial trial(subject.contract(), subject.family());
  const at::Tensor expected = logits(*subject.family().make()), found = logits(trial.model());
  const double scale = expected.abs().max().item<double>();
  const double difference = (expected - found).abs().max().item<double>();
  if (difference <= 1e-5 * scale) return;
  throw Broken("before the first step a logit differs by " + std::to_string(difference) + ", the largest being " +
               std::to_string(scale));
}

}  // namespace engram::contract
