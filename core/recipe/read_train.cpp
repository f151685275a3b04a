#include "recipe/names.hpp"
#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

void read_amounts(Section& section, Train& train) {
  section.number("epochs", train.epochs, Range::above(0),
                 {"Passes over the training data; a fraction is fine.", "epochs = 1.5"});
  section.integer("batch_size", train.batch_size, Range::between(1, 65536),
                  {"Examples per micro-batch.", "batch_size = 32"});
  section.integer("accumulation", train.accumulation, Range::between(1, 65536),
                  {"Micro-batches per optimizer step.", "accumulation = 4"});
}

void read_optimizer(Section& section, Train& train) {
  section.number(
      "learning_rate", train.learning_rate, Range::above(0),
      {"The rate that the schedule scales: about 2e-5 for full fine-tuning, 5e-4 for LoRA.", "learning_rate = 2e-4"},
      Need::compulsory);
  section.number("weight_decay", train.weight_decay, Range::at_least(0),
                 {"Decoupled weight decay; biases and norms are left out.", "weight_decay = 0.01"});
  section.number("beta1", train.beta1, Range::from_to_below(0, 1),
                 {"AdamW's decay of the mean of gradients.", "beta1 = 0.9"});
  section.number("beta2", train.beta2, Range::from_to_below(0, 1),
                 {"AdamW's decay of the mean of squared gradients.", "beta2 = 0.98"});
  section.number("epsilon", train.epsilon, Range::above(0),
                 {"AdamW's epsilon, in the denominator of an update.", "epsilon = 1e-6"});
  section.number("clip", train.clip, Range::at_least(0),
                 {"The largest global norm of the gradient; 0 switches clipping off.", "clip = 0"});
}

void read_machine(Section& section, Train& train) {
  section.integer(
      "max_length", train.max_length, Range::between(3, 1048576),
      {"Tokens per sequence, special tokens included; longer texts are cut, and counted.", "max_length = 256"});
  section.choice("precision", train.precision, kPrecisionNames,
                 {"Of the forward and backward pass; bf16: matrix products, with parameters and reductions in fp32.",
                  "precision = \"bf16\""});
  section.choice("device", train.device, kDeviceNames,
                 {"Where it runs; auto takes a GPU where there is one.", "device = \"cpu\""});
  int64_t threads = train.threads;
  section.integer("threads", threads, Range::between(0, 4096),
                  {"CPU threads; 0: every core that the process may use.", "threads = 2"});
  train.threads = static_cast<int>(threads);
}

void read_rest(Section& section, Train& train) {
  section.integer("seed", train.seed, Range::at_least(0),
                  {"The seed of data order, dropout, fresh heads, strategies and math.random.", "seed = 17"});
  section.number("dropout", train.dropout, Range::from_to_below(0, 1),
                 {"Replaces every dropout probability of the base model.", "dropout = 0", "the model's own"});
  section.integer(
      "evaluations_in_first_epoch", train.evaluations_in_first_epoch, Range::between(0, 1000),
      {"Evaluations spread over the first epoch, where most is forgotten, beside that of step 0 and the one that ends "
       "each epoch.",
       "evaluations_in_first_epoch = 8"});
  section.integer("evaluation_batch_size", train.evaluation_batch_size, Range::between(1, 65536),
                  {"Examples per batch when scoring; it changes the speed alone.", "evaluation_batch_size = 64"});
}

void read_spikes(Section& train, std::optional<Spikes>& target) {
  const Value* value = train.value(
      "spikes", {"engram.Spikes", "a table"},
      {"What becomes of a step whose gradient norm (before clipping) or loss is far above those before it, or is not "
       "finite. Its update is left out in any case, and events.jsonl names the step and its rows.",
       "spikes = { action = \"skip\" }", "spikes are trained on, and what is not finite ends the run"});
  if (value == nullptr && !train.reading().describes()) return;
  Spikes spikes;
  Section section(value, "train.spikes", train.reading());
  section.choice("action", spikes.action, kSpikeNames,
                 {"skip: nothing more; cut: the learning rate is cut from there on; roll back: training also goes back "
                  "to the last training state that was saved at an evaluation (until there is one: cut).",
                  "action = \"roll back\""});
  section.number("factor", spikes.factor, Range::above(1),
                 {"A spike is above so many times the mean of the steps before it.", "factor = 5"});
  section.integer(
      "window", spikes.window, Range::between(1, 65536),
      {"Steps in that mean: the last so many that were no spikes. Until there are so many, only what is not "
       "finite is a spike.",
       "window = 100"});
  section.number("cut", spikes.cut, Range::above_to_below(0, 1),
                 {"What the learning rate is multiplied with; unused by skip.", "cut = 0.3"});
  section.integer("most", spikes.most, Range::between(1, 65536),
                  {"Spikes in a run; one more ends it with exit code 6.", "most = 3"});
  section.finish();
  target = spikes;
}

}  // namespace

Train read_train(Section& top) {
  Train train;
  const Value* value = top.value("train", {"engram.Train", "a table with at least learning_rate"},
                                 {"How long, at which rate, in what portions and where it trains.",
                                  "train = { learning_rate = 2e-4, epochs = 3 }"},
                                 Need::compulsory);
  // One fault is enough: learning_rate is not missed besides.
  const bool readable = value != nullptr && value->table() != nullptr;
  if (value != nullptr && !readable) top.faults().add(value_fault(*value, "a table"));
  if (!readable && !top.reading().describes()) return train;
  Section section(value, "train", top.reading());
  read_amounts(section, train);
  read_optimizer(section, train);
  read_machine(section, train);
  read_rest(section, train);
  read_spikes(section, train.spikes);
  section.finish();
  return train;
}

Checkpoints read_checkpoints(Section& top) {
  Checkpoints checkpoints;
  const Value* value = top.value("checkpoints", {"engram.Checkpoints", "a table"},
                                 {"When a training state is saved, and how many are kept; the best is always kept.",
                                  "checkpoints = { every = \"evaluation\" }", "two states, saved after each epoch"});
  Section section(value, "checkpoints", top.reading());
  section.choice(
      "every", checkpoints.every, kSaveNames,
      {"When a training state is saved, besides the end of the run: where a run resumes, and where a stopping "
       "rule that cuts the rate goes back to.",
       "every = \"evaluation\""});
  section.integer("keep_last", checkpoints.keep_last, Range::between(1, 1000),
                  {"Newest checkpoints kept, beside the best.", "keep_last = 3"});
  section.finish();
  return checkpoints;
}

}  // namespace engram::recipe
