#include "recipe/keys.hpp"

#include <algorithm>
#include <set>

#include "recipe/unknown_key.hpp"
#include "values.hpp"

using namespace engram;
using namespace engram::test;

namespace {

Key key(const std::string& path) {
  for (const Key& found : describe_keys()) {
    if (found.path == path) return found;
  }
  FAIL("no key " << path);
  return {};
}

std::string fault_of_key(const std::string& section, const std::string& name) {
  Value top = right();
  entry(section.empty()           ? top
        : section == "data.train" ? entry(entry(top, "data"), "train")
                                  : entry(top, section),
        name) = table({});
  const Texts texts = faults_of(top);
  return texts.empty() ? "" : texts.front();
}

// The part of an unknown key's fault that follows what is allowed.
std::string fix_of_key(const std::string& section, const std::string& name) {
  const std::string text = fault_of_key(section, name);
  const size_t fix = text.find("Fix: ");
  return fix == std::string::npos ? text : text.substr(fix + 5);
}

}  // namespace

TEST_CASE("every key says its type, what is allowed, what it means and how it is written") {
  const std::vector<Key> keys = describe_keys();
  REQUIRE(keys.size() > 45);
  std::set<std::string> paths;
  for (const Key& key : keys) {
    CAPTURE(key.path);
    REQUIRE(paths.insert(key.path).second);
    REQUIRE_FALSE(key.type.empty());
    REQUIRE_FALSE(key.allowed.empty());
    REQUIRE(key.about.size() > 10);
    REQUIRE(key.about.back() == '.');
    REQUIRE_FALSE(key.example.empty());
    REQUIRE(key.compulsory == key.absent.empty());
    const bool named = key.name() != "[1]";
    if (named) REQUIRE(key.example.find(key.name()) != std::string::npos);
  }
}

TEST_CASE("keys are described by the readers, defaults by what stands in the recipe's structs") {
  const Key epochs = key("train.epochs");
  REQUIRE(epochs.type == "number");
  REQUIRE(epochs.allowed == "a number above 0");
  REQUIRE(std::stod(epochs.absent) == Train().epochs);
  REQUIRE(epochs.section() == "train");
  REQUIRE(epochs.name() == "epochs");
  REQUIRE(key("train.learning_rate").compulsory);
  REQUIRE(key("train.precision").type == "\"fp32\"|\"bf16\"");
  REQUIRE(key("train.precision").absent == "\"fp32\"");
  REQUIRE(key("train.dropout").absent == "the model's own");
  REQUIRE(key("train.spikes.window").absent == "50");
  REQUIRE(key("train.spikes.action").section() == "train.spikes");
  REQUIRE(key("data.<name>.header").absent == "true");
  REQUIRE(key("data.<name>[1]").section() == "data.<name>");
  REQUIRE(key("data.<name>[1]").name() == "[1]");
  REQUIRE(key("tasks.<name>.head.probe").compulsory);
  REQUIRE(key("metrics.<name>.better").absent == "\"larger\"");
  REQUIRE(key("strategies[<n>][1]").compulsory);
  REQUIRE(key("checkpoints.every").absent == "\"epoch\"");
  REQUIRE(key("schedule").section().empty());
}

// What each reader reads is what finish() allows: a key that is not described would be refused here as unknown, and a
// described one that is not read would be told below.
TEST_CASE("a recipe may hold every key that is described, and no other") {
  for (const Key& key : describe_keys()) {
    if (key.name() == "[1]" || key.section() == "tasks.<name>.head") continue;
    CAPTURE(key.path);
    Value top = right();
    entry(top, "checkpoints") = table({});
    entry(entry(top, "train"), "spikes") = table({});
    entry(top, "metrics") = table({{"recall", table({}, {Value{FunctionHandle{1}, {"r.lua", 1}, ""}})}});
    Value& section = key.section() == "data.<name>"      ? entry(entry(top, "data"), "train")
                     : key.section() == "tasks.<name>"   ? entry(entry(top, "tasks"), "fresh")
                     : key.section() == "train.spikes"   ? entry(entry(top, "train"), "spikes")
                     : key.section() == "metrics.<name>" ? entry(entry(top, "metrics"), "recall")
                     : key.section().empty()             ? top
                                                         : entry(top, key.section());
    if (section.find(key.name()) == nullptr) entry(section, key.name()) = table({});
    for (const std::string& text : faults_of(top)) {
      REQUIRE(text.find("unknown key") == std::string::npos);
    }
  }
}

TEST_CASE("a key in the wrong section is sent to its own") {
  REQUIRE(fault_of_key("", "epochs") ==
          "r.lua:1: unknown key epochs (allowed: model, adapter, tasks, data, strategies, train, checkpoints, metrics, "
          "schedule, "
          "score, stop, waive). Fix: epochs belongs in train: train = { epochs = ... }");
  REQUIRE(fix_of_key("train", "schedule") == "schedule belongs in the recipe's own table: schedule = ...");
  REQUIRE(fix_of_key("train", "keep_last") == "keep_last belongs in checkpoints: checkpoints = { keep_last = ... }");
  REQUIRE(fix_of_key("train", "role") == "role belongs in data.<name>: data.<name> = { role = ... }");
  REQUIRE(fix_of_key("data.train", "labels") == "labels belongs in tasks.<name>: tasks.<name> = { labels = ... }");
  REQUIRE(fix_of_key("data.train", "seed") == "seed belongs in train: train = { seed = ... }");
}

TEST_CASE("a misspelt key in the wrong section is sent to the nearest one elsewhere") {
  REQUIRE(fault_of_key("", "batch_sise").find("unknown key batch_sise; did you mean 'train.batch_size'? (allowed") !=
          std::string::npos);
  REQUIRE(fault_of_key("train", "zzzzzz").find("unknown key train.zzzzzz (allowed") != std::string::npos);
}

TEST_CASE("names of other libraries are translated") {
  REQUIRE(fault_of_key("train", "num_train_epochs") ==
          "r.lua:1: unknown key train.num_train_epochs; did you mean 'epochs'? (allowed: epochs, batch_size, "
          "accumulation, learning_rate, "
          "weight_decay, beta1, beta2, epsilon, clip, max_length, precision, device, threads, seed, dropout, "
          "evaluations_in_first_epoch, evaluation_batch_size, spikes). Fix: engram's word for it is train.epochs");
  REQUIRE(fix_of_key("", "per_device_train_batch_size") == "engram's word for it is train.batch_size");
  REQUIRE(fix_of_key("train", "lr") == "engram's word for it is train.learning_rate");
  REQUIRE(fix_of_key("train", "warmup_ratio") ==
          "engram's word for it is schedule: schedule = schedule.linear { warmup = 0.1 }");
  REQUIRE(fix_of_key("", "lora_alpha") ==
          "engram's word for it is strategies: strategies = { { \"lora\", rank = 8, alpha = 32, targets = { \"query\", "
          "\"value\" } } }");
  REQUIRE(fix_of_key("train", "optim") ==
          "the optimizer is AdamW; its numbers are train.beta1, train.beta2 and train.epsilon");
}

TEST_CASE("every translated name leads to a key that exists, and is none itself") {
  const std::vector<Key> keys = describe_keys();
  std::set<std::string> seen;
  for (const ForeignName& name : foreign_names()) {
    CAPTURE(name.name, name.path);
    REQUIRE(seen.insert(name.name).second);
    REQUIRE((!name.path.empty() || !name.hint.empty()));
    REQUIRE(std::none_of(keys.begin(), keys.end(), [&](const Key& key) { return key.name() == name.name; }));
    if (name.path.empty()) continue;
    REQUIRE(std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.path == name.path; }));
  }
}

TEST_CASE("own metrics are read with what is better, and their faults are told") {
  const Value function{FunctionHandle{1}, {"r.lua", 1}, ""};
  Value top = right();
  entry(top, "metrics") = table({{"recall", function}, {"errors", table({{"better", text("smaller")}}, {function})}});
  const Recipe recipe = read_right(top);
  REQUIRE(recipe.metrics.size() == 2);
  REQUIRE_FALSE(recipe.metrics[0].smaller_is_better);
  REQUIRE(recipe.metrics[1].smaller_is_better);
  entry(top, "metrics") = table({{"accuracy", function},
                                 {"a b", function},
                                 {"none", table({})},
                                 {"text", text("recall")},
                                 {"odd", table({{"better", text("samller")}, {"name", text("x")}}, {function})}});
  REQUIRE(
      faults_of(top) ==
      Texts{"r.lua:1: metrics.accuracy: this name is taken: every evaluation measures it (allowed: another name)",
            "r.lua:1: metrics.a b: a metric's name is written as in Lua, m.new.a b (allowed: letters, digits and _)",
            "r.lua:1: metrics.none is a table (allowed: a function of the scored examples, or { function, better = "
            "\"smaller\" })",
            "r.lua:1: metrics.text is 'recall' (allowed: a function of the scored examples, or { function, better = "
            "\"smaller\" })",
            "r.lua:1: metrics.odd.better is 'samller'; did you mean 'smaller'? (allowed: 'larger', 'smaller')",
            "r.lua:1: unknown key metrics.odd.name (allowed: better)"});
  entry(top, "metrics") = table({}, {function});
  REQUIRE(faults_of(top) ==
          Texts{"r.lua:1: metrics is a table (allowed: a table of functions by name, such as { recall "
                "= function(e) ... end })"});
}
