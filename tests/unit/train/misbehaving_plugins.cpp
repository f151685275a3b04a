// What a plugin may not do, in every way that the fixture `misbehaves` knows: each is refused by name, at once or under
// --strict-plugins.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "recorder_run.hpp"
#include "strategy/watch.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::tests;
using strategy::Checks;

namespace {

const std::string kBefore = "tiny.lua:1: strategy 'misbehaves', ";
const std::string kSite = "encoder.layer.0.attention.self.query";
const std::string kFrozen = "encoder.layer.1.output.dense.weight";
const std::string kClaim =
    "a parameter of the model, which it did not claim. Fix: write into a copy, or claim the change in plan(), so that "
    "the host makes it";

// A whole run in memory: two steps, a checkpoint, the end.
class Run {
 public:
  Run(const std::string& how, Checks checks)
      : examples_(golden_examples()),
        settings_(golden_train("full")),
        model_(model::load_model(golden_folder() / "model", "wind")),
        strategies_(strategy::Strategies::load(
            {entry(how)}, {std::filesystem::path(ENGRAM_BINARY_DIR) / "fixtures/misbehaves"}, checks)) {
    at::Generator draw = at::make_generator<at::CPUGeneratorImpl>(6);
    model_->add_fresh_head("wind", {"calm", "stormy", "windy"}, draw);
    model_->set_dropout(0.1);
  }

  void to_the_end() {
    Faults faults;
    resolution_ = strategy::resolve(model_->view(), strategies_.plan(model_->view()), {}, faults);
    faults.raise<RecipeError>();
    strategies_.apply(*model_, resolution_, 17, strategy::Strategies::Start::fresh);
    train::Trainer trainer(*model_, strategies_, resolution_, examples_, settings_);
    strategies_.begin(trainer.where());
    while (trainer.done() < 2) trainer.step({});
    score();
    const std::vector<strategy::StrategyState> states = strategies_.save_state();
    merged_ = strategies_.merged_parameters(*model_);
    strategies_.end(trainer.where());
    strategies_.load_state(states);
    strategies_.shutdown();
  }

  // As evaluations do: in inference mode, where torch counts no versions.
  void score() const {
    const c10::InferenceMode inference;
    const std::vector<int64_t> rows = {0, 1, 2};
    model_->logits(data::pack(examples_, rows), "wind", {});
  }

  const strategy::Strategies& strategies() const { return strategies_; }
  at::Tensor weights() const {
    std::vector<at::Tensor> flat;
    for (const model::NamedTensor& entry : merged_) flat.push_back(entry.tensor.detach().flatten());
    return at::cat(flat);
  }

 private:
  static recipe::StrategyEntry entry(const std::string& how) {
    return {.id = "misbehaves",
            .options = {{"how", recipe_value(how)}, {"task", recipe_value(std::string("wind"))}},
            .place = {.file = "tiny.lua", .line = 1}};
  }

  data::Examples examples_;
  recipe::Train settings_;
  std::unique_ptr<model::Model> model_;
  strategy::Strategies strategies_;
  strategy::Resolution resolution_;
  std::vector<model::NamedTensor> merged_;
};

std::string refusal(const std::string& how, Checks checks) {
  try {
    Run run(how, checks);
    run.to_the_end();
  } catch (const PluginError& error) {
    return error.what();
  }
  return "accepted";
}

struct Offence {
  std::string how;
  std::string refusal;  // what it begins with
};

void check_all(const std::vector<Offence>& offences, Checks checks) {
  at::set_num_threads(1);
  for (const Offence& offence : offences) {
    const std::string found = refusal(offence.how, checks);
    INFO(offence.how << ": " << found);
    CHECK(found.substr(0, offence.refusal.size()) == offence.refusal);
  }
}

const std::vector<Offence> kProcess = {
    {"construction threads", kBefore + "construction: it changed the number of threads: 2, before 1. Fix: leave them "
                                       "to the recipe's train.threads"},
    {"plan dtype", kBefore + "plan: it changed torch's default dtype to double. Fix: name the dtype where a tensor is "
                             "made"},
    {"plan locale", kBefore + "plan: it changed the locale of numbers to 'C.UTF-8'. Fix: do not call setlocale()"},
    {"initialise generator", kBefore + "initialise: it used torch's global generator, which no checkpoint holds. Fix: "
                                       "draw from InitView::generator(), and drop out by AdapterPass::dropout"},
    {"begin gradients on", kBefore + "begin: it turned gradients on and left them so. Fix: use at::NoGradGuard or "
                                     "at::AutoGradMode as a local variable"},
    {"begin flags", kBefore + "begin: it changed which algorithms torch may choose (deterministic, benchmark). Fix: "
                              "leave torch's context alone: it holds for the whole run"},
    {"on_update rounding", kBefore + "on_update: it changed the floating-point environment (rounding, denormal numbers "
                                     "or traps). Fix: put it back before returning; where loading did it, link the "
                                     "plugin without -ffast-math"},
    {"on_update seed", kBefore + "on_update: it used torch's global generator"},
    {"delta dropout", kBefore + "adapter, at " + kSite + ": it used torch's global generator"},
    {"delta gradients off", kBefore + "adapter, at " + kSite + ": it turned gradients off and left them so"},
    {"project threads", kBefore + "projection, at change: it changed the number of threads: 2, before 1"},
    {"destructor threads", kBefore + "destruction: it changed the number of threads: 2, before 1"},
};

const std::string kView =
    "a view was used after the call that it was given to. Fix: keep what a view returns, never the view: it is valid "
    "during the call only";

const std::vector<Offence> kGiven = {
    {"delta nothing", kBefore + "adapter, at " + kSite + ": it gave nothing as its delta, not fp32 of shape ("},
    {"delta shape", kBefore + "adapter, at " + kSite + ": it gave fp32 of shape ("},
    {"delta type", kBefore + "adapter, at " + kSite + ": it gave fp64 of shape ("},
    {"delta device", kBefore + "adapter, at " + kSite + ": it gave fp32 of shape ("},
    {"merged shape", kBefore + "adapter, at " + kSite +
                         ": it gave fp32 of shape (1, 32) as its merged delta, not fp32 of shape (32, 32)"},
    {"loss type", kBefore + "loss term, at term: its function gave int64 of shape (), not one floating-point number. "
                            "Fix: return the sum over the sequences"},
    {"loss shape",
     kBefore + "loss term, at term: its function gave fp32 of shape (8, 3), not one floating-point number"},
    {"loss device", kBefore + "loss term, at term: its function gave fp32 of shape () on meta, not one"},
    {"project shape", kBefore + "projection, at change: it gave the gradient of "},
    {"initialise shape", kBefore + "initialise, at seen: it left the shape (3). Fix: fill the tensor in place"},
    {"save twice", kBefore + "save: it saves 'at' twice. Fix: give everything that is saved its own name"},
    {"save bytes", kBefore + "save: the text 'bytes' that it saves is not UTF-8. Fix: save bytes as a tensor"},
    {"save nothing", kBefore + "save: the tensor 'nothing' that it saves is undefined. Fix: save only what is there"},
};

const std::vector<Offence> kTouched = {
    {"delta base_out", kBefore + "adapter, at " + kSite +
                           ": it wrote into base_out, which is read only. Fix: work on a "
                           "copy: tensor.clone()"},
    {"loss labels", kBefore + "loss term, at term: it wrote into the labels, which is read only"},
    {"loss logits", kBefore + "loss term, at term: it wrote into the logits of 'wind', which is read only"},
    {"on_gradients gradient", kBefore + "on_gradients, at "},
    {"dangling init", kBefore + "begin: " + kView},
    {"dangling step", kBefore + "loss term, at term: " + kView},
    {"dangling gradients", kBefore + "on_update: " + kView},
};

const std::vector<Offence> kThrown = {
    {"construction number", kBefore + "construction: threw something that is no exception"},
    {"delta throws", kBefore + "adapter, at " + kSite + ": the delta broke"},
    {"delta number", kBefore + "adapter, at " + kSite + ": threw something that is no exception"},
    {"merged throws", kBefore + "adapter, at " + kSite + ": the merging broke"},
    {"loss hook", "strategy 'misbehaves', the backward pass of what it adds: the hook broke"},
    {"on_update throws", kBefore + "on_update: the update broke"},
    {"save", kBefore + "save: the saving broke"},
    {"load", kBefore + "load: the loading broke"},
    {"end", kBefore + "end: the end broke"},
};

const std::vector<Offence> kWatched = {
    {"initialise base", kBefore + "initialise: it wrote into " + kFrozen + ", " + kClaim},
    {"on_gradients other", kBefore + "on_gradients: it wrote into " + kFrozen + ", " + kClaim},
    {"on_update base", kBefore + "on_update: it wrote into " + kFrozen + ", " + kClaim},
    {"on_update nan", kBefore + "on_update: it left a value that is not finite in its tensor misbehaves.seen"},
    {"on_update shape", kBefore + "on_update: it gave misbehaves.seen the shape (3), claimed was (32). Fix: write into "
                                  "the tensor in place"},
    {"delta nan", kBefore + "adapter, at " + kSite + ": its delta holds a value that is not finite"},
    {"loss nan", kBefore + "loss term, at term: the sum that it gave holds a value that is not finite"},
    {"loss backward", kBefore + "loss term, at term: it changed the gradient of "},
    {"project nan", kBefore + "projection, at change: it left a value that is not finite in the gradient of "},
};

// Warnings of a run that has come to its end under strict checks.
std::vector<std::string> warnings(const std::string& how) {
  Run run(how, Checks::strict);
  run.to_the_end();
  return strategy::report_of(*run.strategies().watch()).warnings;
}

}  // namespace

TEST_CASE("a plugin that behaves is accepted, strictly too, and strict checks change no bit") {
  CHECK(refusal("not", Checks::usual) == "accepted");
  CHECK(refusal("not", Checks::strict) == "accepted");
  Run usual("not", Checks::usual), strict("not", Checks::strict);
  usual.to_the_end();
  strict.to_the_end();
  CHECK(at::equal(usual.weights(), strict.weights()));
  CHECK(usual.strategies().watch() == nullptr);
}

TEST_CASE("what a plugin throws anywhere is told with the call and no exception of its own") {
  check_all(kThrown, Checks::usual);
}

TEST_CASE("a plugin that changes the state of the process is named, and the state is put back") {
  check_all(kProcess, Checks::usual);
  CHECK(at::get_num_threads() == 1);
  CHECK(refusal("not", Checks::usual) == "accepted");
}

TEST_CASE("tensors that a plugin gives have the shape, type and device that were asked for") {
  check_all(kGiven, Checks::usual);
  CHECK(refusal("delta device", Checks::usual).find(" on meta as its delta") != std::string::npos);
}

TEST_CASE("what a plugin may only read is not written, and a view is used during its call only") {
  check_all(kTouched, Checks::usual);
  check_all(
      {{"merged weight", kBefore + "adapter, at " + kSite + ": it wrote into the site's weight, which is read only"}},
      Checks::usual);
}

TEST_CASE("a plugin may keep the model view of plan(), and its loss term sees one view again and again") {
  CHECK(refusal("dangling model", Checks::usual) == "accepted");
  CHECK(refusal("dangling loss", Checks::usual) == "accepted");
}

TEST_CASE("under strict checks writes into foreign tensors and values that are not finite are refused") {
  check_all(kWatched, Checks::strict);
  for (const std::string how : {"on_update base", "delta nan", "loss nan"}) {
    INFO(how);
    CHECK(refusal(how, Checks::usual) == "accepted");  // else strict checks would be for nothing
  }
}

TEST_CASE("under strict checks the usual ones hold too") {
  check_all(kProcess, Checks::strict);
  check_all(kGiven, Checks::strict);
  check_all(kTouched, Checks::strict);
  check_all(kThrown, Checks::strict);
}

TEST_CASE("under strict checks a plugin that waits for the device is named with how often") {
  const std::vector<std::string> in_phase = warnings("on_gradients item");
  REQUIRE_FALSE(in_phase.empty());
  CHECK(
      in_phase.front() ==
      "strategy 'misbehaves' waits for the device 1 times a step (on_gradients: aten::_local_scalar_dense): keep such "
      "values as tensors, and read them in end()");
  const std::vector<std::string> in_adapter = warnings("delta item");
  REQUIRE_FALSE(in_adapter.empty());
  CHECK(in_adapter.front().find("waits for the device 1 times a step (adapter: aten::_local_scalar_dense)") !=
        std::string::npos);
}

TEST_CASE("under strict checks a plugin that takes too much of a step is named with its share") {
  const std::vector<std::string> slow = warnings("on_update slow");
  REQUIRE(slow.size() == 1);
  INFO(slow.front());
  CHECK(slow.front().find("strategy 'misbehaves' takes ") == 0);
  CHECK(slow.front().find("(most of it in on_update); above 25 % a strategy counts as slow") != std::string::npos);
}
