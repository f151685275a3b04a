#include "recipe/names.hpp"
#include "recipe/sections.hpp"

namespace engram::recipe {

Train read_train(const Value* value, Faults& faults) {
  Train train;
  Section section(value, "train", faults);
  if (value != nullptr && value->table() == nullptr) return train;
  section.number("epochs", train.epochs, Range::above(0));
  section.integer("batch_size", train.batch_size, Range::between(1, 65536));
  section.integer("accumulation", train.accumulation, Range::between(1, 65536));
  section.number("learning_rate", train.learning_rate, Range::above(0), Need::compulsory);
  section.number("weight_decay", train.weight_decay, Range::at_least(0));
  section.number("beta1", train.beta1, Range::from_to_below(0, 1));
  section.number("beta2", train.beta2, Range::from_to_below(0, 1));
  section.number("epsilon", train.epsilon, Range::above(0));
  section.number("clip", train.clip, Range::at_least(0));
  section.integer("max_length", train.max_length, Range::between(3, 1048576));
  section.choice("precision", train.precision, kPrecisionNames);
  section.choice("device", train.device, kDeviceNames);
  int64_t threads = train.threads;
  section.integer("threads", threads, Range::between(0, 4096));
  train.threads = static_cast<int>(threads);
  section.integer("seed", train.seed, Range::at_least(0));
  section.number("dropout", train.dropout, Range::from_to_below(0, 1));
  section.integer("evaluations_in_first_epoch", train.evaluations_in_first_epoch, Range::between(0, 1000));
  section.integer("evaluation_batch_size", train.evaluation_batch_size, Range::between(1, 65536));
  section.finish();
  return train;
}

Checkpoints read_checkpoints(const Value* value, Faults& faults) {
  Checkpoints checkpoints;
  Section section(value, "checkpoints", faults);
  section.integer("keep_last", checkpoints.keep_last, Range::between(1, 1000));
  section.finish();
  return checkpoints;
}

}  // namespace engram::recipe
