#include "checkpoint/provenance.hpp"

#include "base/errors.hpp"
#include "base/files.hpp"

namespace engram::checkpoint {
namespace {

constexpr int kFormat = 1;

Json to_json(const Provenance& provenance) {
  return {{"format", kFormat},
          {"base", provenance.base},
          {"base_tensors_sha256", provenance.base_tensors},
          {"tokenizer_sha256", provenance.tokenizer},
          {"task", provenance.task},
          {"labels", provenance.labels},
          {"pairs", provenance.pairs},
          {"max_length", provenance.max_length},
          {"adapter", provenance.adapter},
          {"recipe", provenance.recipe},
          {"data", provenance.data},
          {"plugins", provenance.plugins},
          {"strategies", provenance.strategies},
          {"made", provenance.made}};
}

// Every key compulsory, and of its type; the parts that are only shown may be anything.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file.string()), json_(read_json(file)) {
    if (!json_.is_object() || json_.value("format", Json()) != kFormat) {
      throw DataError({.what = "is no provenance of this version of engram",
                       .where = file_,
                       .allowed = "an object with \"format\": " + std::to_string(kFormat)});
    }
  }

  Provenance read() {
    Provenance provenance;
    take("base", provenance.base, "a string");
    take("base_tensors_sha256", provenance.base_tensors, "a string");
    take("tokenizer_sha256", provenance.tokenizer, "a string");
    take("task", provenance.task, "a string");
    take("labels", provenance.labels, "a list of strings");
    take("pairs", provenance.pairs, "true or false");
    take("max_length", provenance.max_length, "a whole number");
    take("adapter", provenance.adapter, "anything");
    take("recipe", provenance.recipe, "anything");
    take("data", provenance.data, "anything");
    take("plugins", provenance.plugins, "anything");
    take("strategies", provenance.strategies, "anything");
    take("made", provenance.made, "anything");
    faults_.raise<DataError>();
    return provenance;
  }

 private:
  template <class Value>
  void take(const char* key, Value& target, const std::string& allowed) {
    const auto found = json_.find(key);
    if (found == json_.end()) return faults_.add({.what = std::string(key) + " is missing", .where = file_});
    try {
      target = found->get<Value>();
    } catch (const Json::type_error&) {
      faults_.add({.what = std::string(key) + " is " + found->dump(), .where = file_, .allowed = allowed});
    }
  }

  std::string file_;
  Json json_;
  Faults faults_;
};

}  // namespace

void write_provenance(const std::filesystem::path& folder, const Provenance& provenance) {
  write_file_atomically(folder / kProvenanceFile, to_json(provenance).dump(2) + "\n");
}

std::optional<Provenance> read_provenance(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kProvenanceFile;
  if (!std::filesystem::exists(file)) return {};
  return Reader(file).read();
}

}  // namespace engram::checkpoint
