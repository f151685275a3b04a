// What the advisor is told of a prepared run.
#include "run/advice.hpp"

#include <set>

#include "planned.hpp"
#include "support/catch.hpp"

using namespace engram;

namespace {

const std::string kGuarded =
    "  score = function(m) return m.new.macro_f1 + m.original.accuracy - m.baseline.original.accuracy end,";
const std::string kCareless =
    "  train = { epochs = 10, batch_size = 4, learning_rate = 2e-4, weight_decay = 0.01, max_length = 24 },";

std::string with_train(const std::string& more = "") {
  return "  train = { learning_rate = 2e-5, max_length = 24" + more + " },\n" + kGuarded;
}

std::set<std::string> names(const run::Preparation& prepared) {
  std::set<std::string> found;
  for (const advisor::Advice& advice : prepared.advice) found.insert(advice.name);
  return found;
}

}  // namespace

TEST_CASE("a careless recipe gets advice on everything that is wrong with it, each with its line") {
  const tests::Planned planned;
  run::Preparation prepared = planned.prepare(kCareless + "\n  score = function(m) return m.new.accuracy end,");
  CHECK(names(prepared) == std::set<std::string>{"new_task_alone", "over_training", "one_rate", "rate_too_high",
                                                 "batch_and_rate", "warm_up", "embedding_decay", "shared_rows",
                                                 "small_original"});
  for (const advisor::Advice& advice : prepared.advice) {
    INFO(advice.name << ": " << advice.place);
    const std::string line = advice.setting.starts_with("train.") ? ":9"
                             : advice.setting == "score"          ? ":10"
                             : advice.setting == "data.new"       ? ":6"
                             : advice.setting == "data.original"  ? ":7"
                                                                  : ":1";  // a key that the recipe leaves out
    CHECK(advice.place.ends_with("recipe.lua" + line));
  }
}

TEST_CASE("what strategies make of the model is what rules about rates go by") {
  const tests::Planned planned;
  const auto facts = [&](const std::string& strategies) {
    run::Preparation prepared = planned.prepare("  strategies = { " + strategies + " },\n" + with_train());
    const advisor::TrainingFacts training = run::advice_facts(prepared).training;
    prepared.strategies.shutdown();
    return training;
  };
  CHECK(facts("").trained == advisor::Trained::trunk);
  CHECK_FALSE(facts("").freezes);
  CHECK(facts("").one_scale);
  CHECK(facts("{ \"freezing\", keep = \"last 1 blocks\" }").freezes);
  CHECK(facts("{ \"freezing\", every_epochs = 1 }").freezes);
  CHECK_FALSE(facts("{ \"freezing\", every_epochs = 1 }").held);
  CHECK(facts("{ \"l2_sp\" }").held);
  CHECK(facts("{ \"weight_interpolation\" }").held);
  CHECK_FALSE(facts("{ \"discriminative_lr\" }").one_scale);
  CHECK(facts("{ \"discriminative_lr\", decay = 0.5 }").mean_scale < 0.6);
  CHECK(facts("{ \"lora\" }").trained == advisor::Trained::adapters);
  CHECK(facts("{ \"prefix_tuning\", tokens = 4 }").trained == advisor::Trained::virtual_tokens);
  CHECK(facts("{ \"freezing\", freeze = { \"*\" } }").trained == advisor::Trained::heads_only);
}

TEST_CASE("ranks are compared with every adapted matrix, of DoRA too, and the setting is that of the entry") {
  const tests::Planned planned;
  run::Preparation prepared = planned.prepare(
      "  strategies = { { \"discriminative_lr\" }, { \"lora\", rank = 9, dora = true } },\n" + with_train());
  const advisor::Facts facts = run::advice_facts(prepared);
  REQUIRE(facts.low_rank.size() == 4);
  CHECK(facts.low_rank.front().rank == 9);
  CHECK(facts.low_rank.front().smaller_side == 32);
  CHECK(facts.low_rank.front().setting == "strategies[2].rank");
  CHECK(names(prepared).contains("rank"));
}

TEST_CASE("weight decay reaches the word embeddings unless a strategy says otherwise") {
  const tests::Planned planned;
  const auto tables = [&](const std::string& lines) {
    run::Preparation prepared = planned.prepare(lines + with_train(", weight_decay = 0.1"));
    const std::vector<advisor::DecayedTable> found = run::advice_facts(prepared).decayed_tables;
    prepared.strategies.shutdown();
    return found;
  };
  REQUIRE(tables("").size() == 1);
  CHECK(tables("").front().name == "embeddings.word_embeddings.weight");
  CHECK(tables("").front().rows == 96);
  CHECK(tables("").front().weight_decay == 0.1);
  CHECK(tables("  strategies = { { \"freezing\", embeddings = \"frozen\" } },\n").empty());
  CHECK(tables("  strategies = { { \"discriminative_lr\", weight_decay = { embeddings = 0 } } },\n").empty());
}

TEST_CASE("rows that stand in two sets are found whatever their case and white space") {
  const tests::Planned planned;
  run::Preparation prepared = planned.prepare(with_train());
  const advisor::Facts facts = run::advice_facts(prepared);
  REQUIRE(facts.shared.size() == 2);
  CHECK(facts.shared[0].evaluated == "new");
  CHECK(facts.shared[0].rows == 1);
  CHECK(facts.shared[0].of == 21);
  CHECK(facts.shared[0].examples == std::vector<std::string>{"new.csv:22 = train.csv:62"});
  CHECK(facts.shared[1].rows == 0);
}

TEST_CASE("what callbacks keep is as before after advice has been given") {
  const tests::Planned planned;
  run::Preparation prepared = planned.prepare(
      with_train() + "\n  stop = function(h) h.state.calls = (h.state.calls or 0) + 1; return false end,\n");
  const Json before = prepared.script.state();
  run::give_advice(prepared);
  CHECK(prepared.script.state() == before);
  CHECK(before.dump().find("calls") == std::string::npos);
}

TEST_CASE("strict refuses with all advice at once, and waived advice no longer counts") {
  const tests::Planned planned;
  CHECK(planned.refusal(kGuarded + "\n" + kCareless).empty());
  const std::string text = planned.refusal(kGuarded + "\n" + kCareless, run::Advised::refused);
  for (const char* name : {"over_training", "one_rate", "rate_too_high", "batch_and_rate", "warm_up", "shared_rows"}) {
    CHECK(text.find("waive = { \"" + std::string(name) + "\" }") != std::string::npos);
  }
  CHECK(
      text.find(
          "recipe.lua:10: train.learning_rate: 10 epochs at a mean rate of 2e-04 over 61 rows: epochs x rate is 0.002, "
          "and beyond 1e-04 so few rows are learnt by heart while the original task goes on losing. Fix: "
          "learning_rate = 1e-05; or, if it is meant so, waive = { \"over_training\" }") != std::string::npos);
  CHECK(planned
            .refusal(kGuarded + "\n" + kCareless +
                         "\n  waive = { \"over_training\", \"one_rate\", \"rate_too_high\", \"batch_and_rate\", "
                         "\"warm_up\", \"embedding_decay\", \"shared_rows\", \"small_original\" },",
                     run::Advised::refused)
            .empty());
}
