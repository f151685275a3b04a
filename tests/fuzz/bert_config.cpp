// config.json of a model. The input is its text.
#include "model/bert_config.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engram;
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  model::BertConfig config;
  const bool accepted = fuzz::accepts([&] {
    const fuzz::AllocationLimit limit(size);
    config = model::read_bert_config(file.path());
  });
  if (!accepted) return 0;
  fuzz::require(config.hidden >= 1 && config.hidden % config.heads == 0, "heads share the hidden size");
  fuzz::require(config.layers <= model::kMostLayers, "layers are as many as a model may have");
  fuzz::require(config.layer_norm_eps > 0 && config.hidden_dropout < 1, "numbers are in their ranges");
  if (!config.labels) return 0;
  const Json written = model::config_with_head(config, *config.labels);
  const model::BertConfig again = model::parse_bert_config(parse_json(written.dump(), "again"), "again");
  fuzz::require(again.labels == config.labels && again.hidden == config.hidden, "read again, it is the same");
  return 0;
}
