#include "checkpoint/provenance.hpp"

#include <algorithm>
#include <set>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json_depth.hpp"
#include "base/text.hpp"
#include "checkpoint/peft_config.hpp"

namespace engram::checkpoint {
namespace {

constexpr int kFormat = 1;
constexpr int kDeepestNesting = 64;
constexpr int64_t kLongest = 1'000'000;
constexpr const char* kHash = "64 hexadecimal digits";

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

bool is_hash(const Json& value) {
  if (!value.is_string() || value.get_ref<const std::string&>().size() != 64) return false;
  return value.get_ref<const std::string&>().find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_text(const Json& value) { return value.is_string() && !value.get_ref<const std::string&>().empty(); }

bool are_labels(const Json& value) {
  if (!value.is_array() || value.empty() || !std::all_of(value.begin(), value.end(), is_text)) return false;
  return std::set<std::string>(value.begin(), value.end()).size() == value.size();
}

bool is_flag(const Json& value) { return value.is_boolean(); }
bool is_length(const Json& value) { return value.is_number_unsigned() && value >= 1 && value <= kLongest; }
bool is_record(const Json& value) { return value.is_structured() || value.is_null(); }
bool is_object(const Json& value) { return value.is_object() || value.is_null(); }

// Every key compulsory, once, and of its kind; of the parts that are only shown, any record.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file.string()) {
    const std::string text = read_file(file);
    if (nests_deeper_than(text, kDeepestNesting)) {
      throw DataError({.what = "nests more than " + std::to_string(kDeepestNesting) + " levels deep", .where = file_});
    }
    json_ = parse_json(text, file_);
    if (!json_.is_object() || json_.value("format", Json()) != kFormat) {
      throw DataError({.what = "is no provenance of this version of engram",
                       .where = file_,
                       .allowed = "an object with \"format\": " + std::to_string(kFormat)});
    }
  }

  Provenance read() {
    Provenance provenance;
    take("base", provenance.base, is_text, "a folder, or org/name");
    take("base_tensors_sha256", provenance.base_tensors, is_hash, kHash);
    take("tokenizer_sha256", provenance.tokenizer, is_hash, kHash);
    take("task", provenance.task, is_text, "the name of a task");
    take("labels", provenance.labels, are_labels, "a list of distinct names");
    take("pairs", provenance.pairs, is_flag, "true or false");
    take("max_length", provenance.max_length, is_length, "a whole number from 1 to " + std::to_string(kLongest));
    for (const auto& [key, part] :
         {std::pair{"adapter", &provenance.adapter}, {"recipe", &provenance.recipe}, {"made", &provenance.made}}) {
      take(key, *part, is_object, "an object or null");
    }
    for (const auto& [key, part] : {std::pair{"data", &provenance.data},
                                    {"plugins", &provenance.plugins},
                                    {"strategies", &provenance.strategies}}) {
      take(key, *part, is_record, "an object, a list or null");
    }
    for (const auto& [key, value] : json_.items()) refuse_unknown(key);
    faults_.raise<DataError>();
    return provenance;
  }

 private:
  template <class Value>
  void take(const std::string& key, Value& target, bool (*is_sound)(const Json&), const std::string& allowed) {
    known_.push_back(key);
    const auto found = json_.find(key);
    if (found == json_.end()) return faults_.add({.what = key + " is missing", .where = file_, .allowed = allowed});
    if (is_sound(*found)) return void(target = found->template get<Value>());
    faults_.add({.what = key + " is " + shown(*found), .where = file_, .allowed = allowed});
  }

  void refuse_unknown(const std::string& key) {
    if (key == "format" || std::find(known_.begin(), known_.end(), key) != known_.end()) return;
    faults_.add({.what = "has the unknown key '" + key + "'" + text::did_you_mean(key, known_), .where = file_});
  }

  std::string file_;
  Json json_;
  std::vector<std::string> known_;
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
