// What penalties, loss terms, mixes and a projection do to optimizer steps, and in which order.
#include <ATen/core/grad_mode.h>

#include "recorder_run.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

using Claims = std::vector<std::string>;

const Claims kMixTermPenalty = {"penalty", "term", "mix"};
constexpr const char* kQuery = "encoder.layer.0.attention.self.query.weight";

double relative_error(const at::Tensor& ours, const at::Tensor& theirs) {
  return ((ours - theirs).norm() / theirs.norm()).item<double>();
}

at::Tensor seen(const RecorderRun& run, const std::string& phase) {
  return run.strategies.save_state().front().tensors.at(phase);
}

}  // namespace

TEST_CASE("calls of a step come in the contract's order") {
  RecorderRun run({"penalty", "term", "mix", "project"});
  run.strategies.begin({});
  run.settings.batch_size = 2;
  run.settings.accumulation = 4;  // the terms of all micro-batches come before the gradients are shown
  run.steps(2);
  run.strategies.end({.step = 2});
  CHECK(run.strategies.save_state().front().texts.at("calls") ==
        "begin@0 term on_gradients@0 project@0 on_update@1 term on_gradients@1 project@1 on_update@2 end@2 ");
}

TEST_CASE("penalties come after on_gradients and before the projection, clipping after it") {
  for (const at::Device device : devices()) {
    RecorderRun run({"penalty", "project"}, {}, device);
    run.settings.clip = 0.5;
    const at::Tensor start = run.model->parameter(kQuery).detach().clone();
    const auto trainer = run.trainer();
    trainer->step({});
    const at::Tensor weight = run.model->parameter(kQuery).detach().clone();
    const train::StepResult result = trainer->step({});

    const at::Tensor importance = run.strategies.claimed_tensors().front().tensor;
    const at::Tensor pull = 0.5 * importance * (weight - start);
    CHECK(relative_error(seen(run, "project"), seen(run, "on_gradients") + pull.cpu()) < 1e-5);
    CHECK(pull.norm().item<double>() > 0);
    // The norm is of the stretched gradient, and what the optimizer saw was cut to the limit.
    std::vector<at::Tensor> gradients;
    for (const model::NamedTensor& entry : run.model->parameters()) {
      if (entry.tensor.grad().defined()) gradients.push_back(entry.tensor.grad().flatten());
    }
    CHECK(at::cat(gradients).norm().item<double>() == Approx(0.5).epsilon(1e-4));
    const at::Tensor clipped = run.model->parameter(kQuery).grad();
    const double scale = 100 * 0.5 / result.gradient_norm.item<double>();
    CHECK(relative_error(clipped.cpu(), seen(run, "project") * scale) < 1e-4);
  }
}

TEST_CASE("the loss of a step is of its new examples alone, whatever is added") {
  RecorderRun plain({}), full(kMixTermPenalty);
  const train::StepResult without = plain.steps(1)[0], with = full.steps(1)[0];
  CHECK(with.loss.item<double>() == Approx(without.loss.item<double>()).epsilon(1e-6));
  CHECK(without.terms.empty());
  CHECK(without.penalties.empty());
  CHECK(with.terms.size() == 1);
  CHECK(with.penalties.at("recorder.pull").item<double>() == 0);  // nothing has moved
}

TEST_CASE("the gradient of a mixed step is that of (1 - r) L_new + r L_mixed") {
  for (const at::Device device : devices()) {
    RecorderRun run({"mix"}, {{"share", recipe_value(0.5)}}, device);
    const auto trainer = run.trainer();
    const std::vector<int64_t> fresh = data::epoch_order(run.examples.size(), 17, 0);
    const std::vector<int64_t> rows(fresh.begin(), fresh.begin() + 8);
    const train::Mixing mixing(run.resolution.mixes, {{"old", &run.old}}, 17);
    const std::vector<int64_t> mixed = mixing.rows(0, 8)[0].rows;
    REQUIRE(mixed.size() == 8);
    run.settings.clip = 0;
    const train::StepResult result = [&] {
      run.settings.learning_rate = 0;
      return trainer->step({});
    }();
    CHECK(result.mixed_examples == 8);
    CHECK(result.examples == 8);
    const at::Tensor ours = run.model->parameter(kQuery).grad().clone();

    at::Tensor leaf = run.model->parameter(kQuery);
    leaf.mutable_grad() = at::Tensor();
    const auto loss = [&](const data::Examples& examples, const std::vector<int64_t>& chosen) {
      const data::Batch batch = data::pack(examples, chosen).to(device);
      return at::cross_entropy_loss(run.model->logits(batch, examples.task, {}), batch.labels_B);
    };
    (0.5 * loss(run.examples, rows) + 0.5 * loss(run.old, mixed)).backward();
    CHECK(relative_error(ours, leaf.grad()) < 1e-5);
  }
}

TEST_CASE("the share of mixed examples is exact over an epoch and the remainder is carried") {
  RecorderRun run({"mix"}, {{"share", recipe_value(0.1)}});
  int64_t mixed = 0;
  const std::vector<train::StepResult> results = run.steps(5);  // one epoch of 36 rows
  for (const train::StepResult& result : results) mixed += result.mixed_examples;
  CHECK(mixed == 4);  // 0.1 / 0.9 of 36
  CHECK(results[0].mixed_examples == 0);
  CHECK(results[1].mixed_examples == 1);
}

TEST_CASE("a loss term's gradient is autograd's, weighted and divided by the step's examples") {
  for (const at::Device device : devices()) {
    RecorderRun run({"term"}, {{"alpha", recipe_value(0.7)}}, device);
    run.steps(2);  // away from the start
    const auto trainer = run.trainer();
    run.settings.learning_rate = 0;
    run.settings.clip = 0;
    at::Tensor leaf = run.model->parameter(kQuery);
    trainer->step({.strategy_numbers = {{"recorder.alpha", 0}}});
    const at::Tensor without = leaf.grad().clone();
    const auto again = run.trainer();
    const train::StepResult result = again->step({.strategy_numbers = {{"recorder.alpha", 2}}});
    const at::Tensor added = leaf.grad() - without;

    leaf.mutable_grad() = at::Tensor();
    const std::vector<int64_t> order = data::epoch_order(run.examples.size(), 17, 0);
    const data::Batch batch = data::pack(run.examples, std::span(order).first(8)).to(device);
    at::Tensor tap, start_tap, start_logits;
    run.strategies.start_weights().swapped_in([&] {
      const at::NoGradGuard no_grad;
      start_logits = run.model->logits(batch, "old task", {.on_tap = [&](const std::string& name, const at::Tensor& x) {
                                         if (name == "encoder.layer.0") start_tap = x;
                                       }});
    });
    const at::Tensor logits =
        run.model->logits(batch, "old task", {.on_tap = [&](const std::string& name, const at::Tensor& x) {
                            if (name == "encoder.layer.0") tap = x;
                          }});
    const at::Tensor sum =
        (logits - start_logits).square().sum() + (tap - start_tap).square().sum() / 10 + logits.sum() / 100;
    const at::Tensor expected = sum * (0.7 * 2 / 8);
    expected.backward();
    CHECK(relative_error(added, leaf.grad()) < 1e-4);  // a difference of two gradients
    CHECK(result.terms.at("recorder.closeness").item<double>() == Approx(expected.item<double>()).epsilon(1e-5));
  }
}

TEST_CASE("a loss term may read what it claimed and nothing else") {
  RecorderRun run({"term"}, {{"read", recipe_value(std::string("wind"))}});
  CHECK_THROWS_WITH(run.steps(1),
                    "tiny.lua:1: strategy 'recorder', loss term, at closeness: the loss term did not claim to read the "
                    "logits of the task 'wind'");
}

TEST_CASE("splitting a step into micro-batches changes nothing with a mix, a term and a penalty") {
  for (const at::Device device : devices()) {
    RecorderRun whole(kMixTermPenalty, {}, device);
    const std::vector<train::StepResult> expected = whole.steps(5);
    for (const int64_t parts : {2, 4, 8}) {
      RecorderRun split(kMixTermPenalty, {}, device);
      split.settings.batch_size = 8 / parts;
      split.settings.accumulation = parts;
      const std::vector<train::StepResult> results = split.steps(5);
      for (size_t i = 0; i < results.size(); ++i) {
        INFO("step " << i << " in " << parts << " parts");
        CHECK(results[i].mixed_examples == expected[i].mixed_examples);
        CHECK(results[i].loss.item<double>() == Approx(expected[i].loss.item<double>()).epsilon(2e-5));
        CHECK(results[i].gradient_norm.item<double>() ==
              Approx(expected[i].gradient_norm.item<double>()).epsilon(2e-4));
        for (const auto& [name, value] : expected[i].terms) {
          CHECK(results[i].terms.at(name).item<double>() == Approx(value.item<double>()).epsilon(2e-4).margin(1e-7));
        }
      }
    }
  }
}

TEST_CASE("a penalty or term of weight zero leaves the bits of a run without it") {
  RecorderRun plain({});
  plain.steps(6);
  const at::Tensor expected = plain.weights();
  const auto check_same = [&](RecorderRun& run) {
    const at::Tensor ours = run.weights().narrow(0, 0, expected.size(0));
    CHECK(at::equal(ours, expected));
  };
  for (const std::string claim : {"penalty", "term"}) {
    RecorderRun zero({claim}, {{"lambda", recipe_value(0.0)}, {"alpha", recipe_value(0.0)}});
    CHECK(zero.steps(6).back().penalties.size() == (claim == "penalty" ? 1 : 0));
    check_same(zero);
    RecorderRun scheduled({claim});
    const auto trainer = scheduled.trainer();
    while (trainer->done() < 6) {
      const train::StepResult result =
          trainer->step({.strategy_numbers = {{"recorder.lambda", 0}, {"recorder.alpha", 0}}});
      for (const auto& [name, value] : result.penalties) CHECK(value.item<double>() == 0);
      for (const auto& [name, value] : result.terms) CHECK(value.item<double>() == 0);
    }
    check_same(scheduled);
  }
  RecorderRun on({"penalty"});
  on.steps(6);
  CHECK_FALSE(at::equal(on.weights().narrow(0, 0, expected.size(0)), expected));
}

TEST_CASE("two runs with everything on give the same bits, and so does one that was stopped and restored") {
  const Claims all = {"penalty", "term", "mix", "project"};
  RecorderRun straight(all), again(all), stopped(all);
  for (RecorderRun* run : {&straight, &again, &stopped}) run->model->set_dropout(0.2);
  straight.steps(10);
  again.steps(10);
  CHECK(at::equal(straight.weights(), again.weights()));

  const auto first = stopped.trainer();
  while (first->done() < 7) first->step({});
  std::vector<model::NamedTensor> state;
  for (const model::NamedTensor& entry : first->state()) state.push_back({entry.name, entry.tensor.clone()});
  const auto second = stopped.trainer();
  second->restore(state, 7);
  while (second->done() < 10) second->step({});
  CHECK(at::equal(straight.weights(), stopped.weights()));
}

TEST_CASE("under adapters the penalty pulls them and leaves the frozen weight's bits alone") {
  for (const at::Device device : devices()) {
    for (const std::string kind : {"low_rank", "custom"}) {
      RecorderRun run({kind, "penalty"}, {{"lambda", recipe_value(1e4)}}, device);
      RecorderRun free({kind, "penalty"}, {{"lambda", recipe_value(0.0)}}, device);
      const at::Tensor before = run.model->parameter(kQuery).detach().clone();
      const std::vector<train::StepResult> results = run.steps(8);
      free.steps(8);
      CHECK(at::equal(run.model->parameter(kQuery), before));
      CHECK_FALSE(run.model->parameter(kQuery).grad().defined());
      CHECK(results.back().penalties.at("recorder.pull").item<double>() > 0);
      const auto distance = [&](const RecorderRun& of) {
        double squares = 0;
        for (const model::NamedTensor& entry : of.strategies.merged_parameters(*of.model)) {
          if (entry.name.starts_with("heads.")) continue;
          squares += (entry.tensor - free.strategies.start_weights().at(entry.name)).square().sum().item<double>();
        }
        return std::sqrt(squares);
      };
      CHECK(distance(run) < distance(free) / 2);
    }
  }
}
