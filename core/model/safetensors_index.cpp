#include "model/safetensors_index.hpp"

#include <cmath>
#include <set>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "base/json_depth.hpp"
#include "base/text.hpp"

namespace engram::model {
namespace {

constexpr int kDeepestNesting = 8;
constexpr size_t kMostFaults = 20;
constexpr double kExactDoubles = 9e15;  // old versions wrote 1234.0
constexpr std::string_view kEnding = ".safetensors";

// A name that stays in the folder on every system.
bool is_plain_file_name(const std::string& name) {
  return name.ends_with(kEnding) && name.size() > kEnding.size() &&
         name.find_first_of(std::string("/\\:\0", 4)) == std::string::npos && name.front() != '.';
}

class IndexReader {
 public:
  IndexReader(const std::string& text, const std::string& file) : text_(text), file_(file) {}

  SafetensorsIndex read() {
    if (nests_deeper_than(text_, kDeepestNesting)) {
      throw DataError({.what = "nests more than " + std::to_string(kDeepestNesting) + " levels deep", .where = file_});
    }
    const Json object = parse_json(text_, file_);
    const auto map = object.is_object() ? object.find("weight_map") : object.end();
    if (map == object.end() || !map->is_object() || map->empty()) {
      throw DataError({.what = "is no index of shards",
                       .where = file_,
                       .allowed = "an object whose weight_map gives the file of every tensor"});
    }
    for (const auto& [name, shard] : map->items()) read_entry(name, shard);
    if (object.contains("metadata")) read_metadata(object["metadata"]);
    faults_.raise<DataError>();
    return std::move(index_);
  }

 private:
  void fault(const std::string& what, const std::string& allowed) {
    if (faults_.size() < kMostFaults) faults_.add({.what = what, .where = file_, .allowed = allowed});
  }

  void read_entry(const std::string& name, const Json& shard) {
    if (!shard.is_string() || !is_plain_file_name(shard.get<std::string>())) {
      return fault("puts tensor '" + name + "' into " + shard.dump(),
                   "the name of a .safetensors file in the same folder");
    }
    index_.shard_of[name] = shard.get<std::string>();
  }

  void read_metadata(const Json& metadata) {
    if (!metadata.is_object()) return fault("metadata is " + metadata.dump(), "an object");
    const auto size = metadata.find("total_size");
    if (size == metadata.end()) return;
    const double number = size->is_number() ? size->get<double>() : -1;
    const bool whole =
        size->is_number_unsigned() || (number >= 0 && number < kExactDoubles && number == std::floor(number));
    if (!whole) return fault("total_size is " + size->dump(), "a whole number of bytes");
    index_.total_size = size->get<uint64_t>();
  }

  const std::string& text_;
  const std::string& file_;
  SafetensorsIndex index_;
  Faults faults_;
};

}  // namespace

std::vector<std::string> SafetensorsIndex::shards() const {
  std::set<std::string> names;
  for (const auto& [tensor, shard] : shard_of) names.insert(shard);
  return {names.begin(), names.end()};
}

SafetensorsIndex parse_safetensors_index(const std::string& text, const std::string& file) {
  return IndexReader(text, file).read();
}

void check_shards(const SafetensorsIndex& index, const std::map<std::string, const SafetensorsHeader*>& headers,
                  const std::string& file, Faults& faults) {
  uint64_t bytes = 0;
  std::set<std::pair<std::string, std::string>> stored;
  for (const auto& [shard, header] : headers) {
    for (const SafetensorsEntry& entry : header->entries) {
      bytes += entry.end - entry.begin;
      stored.emplace(entry.name, shard);
      const auto listed = index.shard_of.find(entry.name);
      if (listed != index.shard_of.end() && listed->second == shard) continue;
      faults.add({.what = shard + " holds tensor '" + entry.name + "', which the index " +
                          (listed == index.shard_of.end() ? "does not list" : "puts into " + listed->second),
                  .where = file});
    }
  }
  for (const auto& [name, shard] : index.shard_of) {
    if (!headers.contains(shard) || stored.contains({name, shard})) continue;
    faults.add({.what = "puts tensor '" + name + "' into " + shard + ", which does not hold it", .where = file});
  }
  const bool complete = headers.size() == index.shards().size();
  if (complete && index.total_size && *index.total_size != bytes) {
    faults.add({.what = "total_size is " + std::to_string(*index.total_size) + ", and the tensors of the shards take " +
                        std::to_string(bytes) + " bytes",
                .where = file});
  }
}

}  // namespace engram::model
