#include "run/inspect_parts.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>

#include "base/text.hpp"
#include "checkpoint/provenance.hpp"
#include "checkpoint/strategy_tensors.hpp"
#include "model/folder_contents.hpp"
#include "model/heads_file.hpp"
#include "model/safetensors.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

int64_t count_of(const model::SafetensorsEntry& entry) {
  int64_t count = 1;
  for (const int64_t side : entry.shape) count *= side;
  return count;
}

// The number behind "layer." in a tensor's name; -1: it is in no block.
int64_t block_of(const std::string& name) {
  const std::string marker = "layer.";
  const size_t at = name.find(marker);
  const size_t digit = at + marker.size();
  if (at == std::string::npos || digit >= name.size() || std::isdigit(static_cast<unsigned char>(name[digit])) == 0) {
    return -1;
  }
  return std::strtoll(name.c_str() + digit, nullptr, 10);
}

std::string part_of(const std::string& name) {
  if (name.find("embeddings.") != std::string::npos) return "embeddings";
  if (name.find("pooler.") != std::string::npos) return "pooler";
  const bool is_head = name.find("classifier.") != std::string::npos || name.starts_with("heads.");
  return is_head ? "heads" : "other";
}

void count_dtype(const model::SafetensorsEntry& entry, Json& dtypes) {
  Json& one = dtypes[model::name_of(entry.dtype)];
  if (one.is_null()) one = {{"tensors", 0}, {"parameters", 0}, {"bytes", 0}};
  one["tensors"] = one["tensors"].get<int64_t>() + 1;
  one["parameters"] = one["parameters"].get<int64_t>() + count_of(entry);
  one["bytes"] = one["bytes"].get<uint64_t>() + (entry.end - entry.begin);
}

bool known(const Faults& faults, const Fault& fault) {
  const auto& list = faults.list();
  return std::any_of(list.begin(), list.end(), [&](const Fault& one) { return one.text() == fault.text(); });
}

}  // namespace

void attempt(Faults& faults, const fs::path& where, const std::function<void()>& part) {
  const auto add = [&](const Fault& fault) {
    if (!known(faults, fault)) faults.add(fault);
  };
  try {
    part();
  } catch (const Error& error) {
    for (const Fault& fault : error.faults()) add(fault);
  } catch (const Json::exception& error) {
    add({.what = std::string("does not hold what it should: ") + error.what(), .where = where.string()});
  } catch (const fs::filesystem_error& error) {
    add({.what = "cannot be read: " + error.code().message(), .where = where.string()});
  }
}

uint64_t bytes_below(const fs::path& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) bytes += entry.file_size(error);
  }
  return bytes;
}

Json file_json(const fs::path& file, Faults& faults) {
  std::error_code error;
  Json json = {{"file", file.filename().string()}, {"bytes", fs::file_size(file, error)}};
  attempt(faults, file, [&] {
    const model::SafetensorsFile opened(file);
    int64_t parameters = 0;
    for (const auto& entry : opened.header().entries) parameters += count_of(entry);
    json["tensors"] = opened.header().entries.size();
    json["parameters"] = parameters;
  });
  return json;
}

Json parameters_json(const std::vector<fs::path>& files, Faults& faults) {
  int64_t total = 0;
  Json dtypes = Json::object(), parts = Json::object();
  std::map<int64_t, int64_t> blocks;
  for (const fs::path& file : files) {
    attempt(faults, file, [&] {
      const model::SafetensorsFile opened(file);
      for (const model::SafetensorsEntry& entry : opened.header().entries) {
        const int64_t count = count_of(entry), block = block_of(entry.name);
        total += count;
        count_dtype(entry, dtypes);
        if (block >= 0) {
          blocks[block] += count;
          continue;
        }
        Json& part = parts[part_of(entry.name)];
        part = (part.is_null() ? 0 : part.get<int64_t>()) + count;
      }
    });
  }
  Json by_block = Json::array();
  for (const auto& [block, count] : blocks) by_block.push_back({{"block", block}, {"parameters", count}});
  return {{"total", total}, {"parts", parts}, {"blocks", by_block}, {"dtypes", dtypes}};
}

Json provenance_json(const fs::path& folder, Faults& faults) {
  Json json = nullptr;
  attempt(faults, folder / checkpoint::kProvenanceFile, [&] {
    // Read for its checks, shown as it stands.
    if (checkpoint::read_provenance(folder)) json = read_json(folder / checkpoint::kProvenanceFile);
  });
  return json;
}

Json carried_json(const fs::path& folder, Faults& faults) {
  Json all = Json::array();
  const fs::path file = folder / checkpoint::kStrategyTensorsFile;
  if (!fs::exists(file)) return all;
  attempt(faults, file, [&] {
    const model::SafetensorsFile opened(file);
    for (const auto& entry : opened.header().entries) {
      all.push_back({{"name", entry.name}, {"dtype", model::name_of(entry.dtype)}, {"shape", entry.shape}});
    }
  });
  return all;
}

Json other_heads_json(const fs::path& folder, Faults& faults) {
  Json all = Json::array();
  if (!fs::exists(folder / model::kHeadsFile)) return all;
  attempt(faults, folder / model::kHeadsFile, [&] {
    for (const auto& head : model::read_heads_file(folder / model::kHeadsFile).others) {
      all.push_back({{"task", head.task}, {"labels", head.labels}});
    }
  });
  return all;
}

}  // namespace engram::run
