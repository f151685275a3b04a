#include "hub/selection.hpp"

#include <algorithm>
#include <set>

#include "base/errors.hpp"
#include "base/text.hpp"

namespace engram::hub {
namespace {

constexpr const char* kWhole = "model.safetensors";

const std::set<std::string> kUsedNames = {
    // models and their tokenizers
    "config.json", kWhole, "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "spiece.model",
    "tokenizer.model", "sentencepiece.bpe.model",
    // adapters
    "adapter_config.json", "adapter_model.safetensors",
    // engram's own
    "heads.json", "heads.safetensors", "provenance.json", "strategies.safetensors"};
// Of adapters in subfolders, as peft writes those that are not called "default".
const std::set<std::string> kUsedBelow = {"adapter_config.json", "adapter_model.safetensors", "provenance.json",
                                          "strategies.safetensors"};

bool is_shard(const std::string& name) {
  return name.find('/') == std::string::npos && text::glob("model-*-of-*.safetensors", name);
}

bool is_used(const std::string& name) {
  const std::vector<std::string> parts = text::split(name, '/');
  if (parts.size() == 1) return kUsedNames.contains(name) || is_shard(name);
  return parts.size() == 2 && kUsedBelow.contains(parts.back());
}

bool is_pickle(const std::string& name) {
  static constexpr const char* kEndings[] = {".bin",    ".pt",     ".pth", ".ckpt", ".pkl",
                                             ".pickle", ".joblib", ".npy", ".npz"};
  return std::any_of(std::begin(kEndings), std::end(kEndings),
                     [&](const char* ending) { return name.ends_with(ending); });
}

bool holds(const Selection& selection, const std::string& ending) {
  return std::any_of(selection.files.begin(), selection.files.end(),
                     [&](const RemoteFile& file) { return file.name == ending || file.name.ends_with("/" + ending); });
}

void refuse_unusable(const Selection& selection, const std::string& repository) {
  const bool model = holds(selection, "config.json");
  const bool adapter = holds(selection, "adapter_config.json");
  if (!model && !adapter) {
    throw DataError({.what = "is neither a model nor an adapter: it has no config.json and no adapter_config.json",
                     .where = repository,
                     .fix = "engram pull " + repository + " --all fetches its files nevertheless"});
  }
  const auto weights = [](const RemoteFile& file) { return file.name.ends_with(".safetensors"); };
  if (std::any_of(selection.files.begin(), selection.files.end(), weights)) return;
  const std::string convert =
      "load it with transformers in a place that may run its code, call save_pretrained(folder), "
      "and name that folder; or use another revision or repository that has safetensors";
  if (!selection.pickles.empty()) {
    throw DataError({.what = "holds its weights as pickles only (" + text::join(selection.pickles, ", ") +
                             "), which can run code when they are read",
                     .where = repository,
                     .allowed = "safetensors",
                     .fix = convert});
  }
  throw DataError(
      {.what = "holds no weights as safetensors", .where = repository, .allowed = "safetensors", .fix = convert});
}

}  // namespace

uint64_t Selection::bytes() const {
  uint64_t sum = 0;
  for (const RemoteFile& file : files) sum += file.size;
  return sum;
}

Selection select(const Listing& listing, Extent extent, const std::string& repository) {
  const bool whole = std::any_of(listing.files.begin(), listing.files.end(),
                                 [](const RemoteFile& file) { return file.name == kWhole; });
  // Weights in one file and once more in shards would be fetched twice; readers take the one file.
  const auto again = [&](const std::string& name) {
    return whole && (is_shard(name) || name == "model.safetensors.index.json");
  };
  Selection selection;
  for (const RemoteFile& file : listing.files) {
    const bool wanted = extent == Extent::everything || (is_used(file.name) && !again(file.name));
    if (is_pickle(file.name)) selection.pickles.push_back(file.name);
    if (wanted && !is_pickle(file.name)) {
      selection.files.push_back(file);
    } else {
      selection.left_out.push_back(file.name);
    }
  }
  if (extent == Extent::needed) refuse_unusable(selection, repository);
  return selection;
}

}  // namespace engram::hub
