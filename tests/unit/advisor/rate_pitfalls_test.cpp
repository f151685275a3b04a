#include "support.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::tests;
using Names = std::vector<std::string>;

namespace {

advisor::Facts with_adapters() {
  advisor::Facts facts = good_facts();
  facts.training.trained = advisor::Trained::adapters;
  facts.training.learning_rate = 2e-4;
  return facts;
}

}  // namespace

TEST_CASE("ten epochs at 5e-5 on 2,000 rows are advised on, two at 1e-5 are not") {
  advisor::Facts facts = good_facts();
  facts.training.epochs = 10;
  facts.training.learning_rate = 5e-5;
  facts.training.mean_factor = 1;
  facts.training.steps = 1250;
  CHECK(only_text(facts) ==
        "train.epochs: 10 epochs at a mean rate of 5e-05 over 2,000 rows: epochs x rate is 5e-04, and beyond 1e-04 so "
        "few rows are learnt by heart while the original task goes on losing. change: epochs = 2, or learning_rate = "
        "1e-05  [over_training]");
  facts.training.epochs = 2;
  CHECK(names(facts).empty());
  facts.training.learning_rate = 1e-5;
  CHECK(names(facts).empty());
}

TEST_CASE("what is too much training grows with the rows, and is ten times as much for adapters") {
  advisor::Facts facts = good_facts();
  facts.training.epochs = 10;
  facts.training.learning_rate = 5e-5;
  CHECK(names(facts) == Names{"over_training"});
  facts.training.rows = 25'000;
  CHECK(names(facts).empty());
  facts.training.rows = 24'000;
  CHECK(names(facts) == Names{"over_training"});
  facts.training.rows = 2'000;
  facts.training.trained = advisor::Trained::adapters;
  CHECK(names(facts).empty());
}

TEST_CASE("fewer than 50 steps are advised on, and so is a rate that gets nowhere in more") {
  advisor::Facts facts = good_facts();
  facts.training.steps = 20;
  CHECK(only_text(facts) ==
        "train.epochs: 20 optimizer steps in all: below 50 a task is hardly learnt. change: epochs = 8, a smaller "
        "batch_size, or more rows  [under_training]");
  facts.training.steps = 50;
  facts.training.learning_rate = 1e-5;  // 5e-6 in the mean
  CHECK(only_text(facts) ==
        "train.learning_rate: 50 steps at a mean rate of 5e-06 move no weight by more than about 0.00025, and below "
        "5e-04 a task is hardly learnt. change: learning_rate = 2e-05 or more, or more epochs  [under_training]");
  facts.training.learning_rate = 2e-5;
  CHECK(names(facts).empty());
  facts.training.trained = advisor::Trained::adapters;
  facts.training.learning_rate = 5e-5;
  CHECK(names(facts) == Names{"under_training"});
  facts.training.learning_rate = 1e-4;
  CHECK(names(facts).empty());
}

TEST_CASE("where even one epoch is too much, the rate is to fall") {
  advisor::Facts facts = good_facts();
  facts.training.learning_rate = 1e-4;
  facts.training.mean_factor = 1;
  facts.training.mean_scale = 2;
  facts.training.batch_size = 256;
  facts.training.epochs = 1;
  const std::vector<advisor::Advice> advice = advisor::advise(facts);
  REQUIRE(advice.size() == 2);
  CHECK(advice[0].setting == "train.learning_rate");
  CHECK(advice[0].change == "learning_rate = 5e-05");
  CHECK(advice[1].name == "rate_too_high");
}

TEST_CASE("one rate for all layers in full fine-tuning is advised on") {
  advisor::Facts facts = good_facts();
  facts.training.freezes = false;
  facts.training.one_scale = true;
  CHECK(only_text(facts) ==
        "strategies: full fine-tuning at one rate: every layer, down to the embeddings, learns at 2e-05, though lower "
        "layers hold what all tasks share. change: { \"discriminative_lr\", decay = 0.9 } as one more of strategies  "
        "[one_rate]");
  facts.has_strategies = false;
  CHECK(only_text(facts).find("change: strategies = { { \"discriminative_lr\", decay = 0.9 } }; or { \"lora\", rank = "
                              "8, alpha = 32 }") != std::string::npos);
  facts.training.one_scale = false;
  CHECK(names(facts).empty());
  facts.training.one_scale = true;
  facts.training.held = true;
  CHECK(names(facts).empty());
  facts.training.held = false;
  facts.training.freezes = true;
  CHECK(names(facts).empty());
  facts = with_adapters();
  facts.training.freezes = false;
  facts.training.one_scale = true;
  CHECK(names(facts).empty());
}

TEST_CASE("a high peak rate is advised on, by what trains") {
  advisor::Facts facts = good_facts();
  facts.training.learning_rate = 2e-4;
  facts.training.epochs = 1;
  facts.training.batch_size = 64;
  CHECK(only_text(facts) ==
        "train.learning_rate: full fine-tuning at a peak rate of 2e-04: usual are 1e-5 to 5e-5, and above 1e-4 what "
        "the model knew is overwritten in a few steps. change: learning_rate = 2e-5  [rate_too_high]");
  facts = with_adapters();
  CHECK(names(facts).empty());
  facts.training.learning_rate = 3e-3;
  facts.training.batch_size = 128;
  facts.training.epochs = 0.5;
  CHECK(only_text(facts) ==
        "train.learning_rate: adapters at a peak rate of 0.003: usual are 1e-4 to 5e-4. change: learning_rate = 2e-4  "
        "[rate_too_high]");
}

TEST_CASE("an adapter at a rate for full fine-tuning is advised on") {
  advisor::Facts facts = with_adapters();
  facts.training.learning_rate = 2e-5;
  CHECK(only_text(facts) ==
        "train.learning_rate: adapters at a peak rate of 2e-05, which is one for full fine-tuning: adapters need about "
        "ten times as much. change: learning_rate = 2e-4  [rate_too_low]");
}

TEST_CASE("a small batch at a high rate is advised on, and the change keeps the memory") {
  advisor::Facts facts = good_facts();
  facts.training.learning_rate = 5e-5;
  facts.training.batch_size = 4;
  facts.training.epochs = 2;
  CHECK(
      only_text(facts) ==
      "train.batch_size: 4 examples a step at a peak rate of 5e-05: 1.3e-05 for each, and beyond 6.3e-06 chance moves "
      "the weights more than the task does; larger batches move them less. change: accumulation = 2, or batch_size = "
      "8  [batch_and_rate]");
  facts.training.accumulation = 2;
  CHECK(names(facts).empty());
  facts.training.accumulation = 1;
  facts.training.rows = 70;
  CHECK(only_text(facts).find("change: learning_rate = 2.5e-05  [batch_and_rate]") != std::string::npos);
}

TEST_CASE("full fine-tuning that starts at its peak is advised to warm up") {
  advisor::Facts facts = good_facts();
  facts.training.first_factor = 1;
  CHECK(only_text(facts) ==
        "schedule: full fine-tuning without warm-up: the first of 375 steps has a rate of 2e-05, while AdamW knows "
        "nothing yet of how large gradients are. change: schedule = require(\"engram.schedule\").linear { warmup = 0.1 "
        "}  [warm_up]");
  facts.training.steps = 49;
  CHECK(names(facts) == Names{"under_training"});  // too short to warm up
  facts = with_adapters();
  facts.training.first_factor = 1;
  CHECK(names(facts).empty());
}

TEST_CASE("rules of thumb are not applied to prefixes, heads, or gradient descent by a large epsilon") {
  advisor::Facts facts = good_facts();
  facts.training.learning_rate = 0.5;
  facts.training.first_factor = 1;
  CHECK(names(facts).size() == 4);
  facts.training.epsilon = 1;
  CHECK(names(facts).empty());
  facts.training.epsilon = 1e-8;
  facts.training.trained = advisor::Trained::virtual_tokens;
  CHECK(names(facts).empty());
  facts.training.trained = advisor::Trained::heads_only;
  CHECK(names(facts).empty());
}
