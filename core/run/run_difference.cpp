#include "run/run_difference.hpp"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "checkpoint/training_state.hpp"
#include "model/safetensors.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;
using Found = std::optional<Difference>;

constexpr const char* kNothing = "nothing";

std::string or_nothing(const std::vector<std::string>& lines, size_t at) {
  return at < lines.size() ? lines[at] : kNothing;
}

Found compare_texts(const std::string& file, const std::string& first, const std::string& second) {
  if (first == second) return {};
  const std::vector<std::string> ours = text::split(first, '\n'), theirs = text::split(second, '\n');
  size_t at = 0;
  while (at < ours.size() && at < theirs.size() && ours[at] == theirs[at]) ++at;
  return Difference{.file = file,
                    .line = static_cast<int64_t>(at) + 1,
                    .first = or_nothing(ours, at),
                    .second = or_nothing(theirs, at)};
}

std::string kind_of(const at::Tensor& tensor) {
  return std::string(at::toString(tensor.scalar_type())) + " " + text::shape(tensor.sizes().vec());
}

Found compare_tensors(Difference place, const at::Tensor& first, const at::Tensor& second) {
  if (kind_of(first) != kind_of(second)) {
    place.first = kind_of(first);
    place.second = kind_of(second);
    return place;
  }
  const auto* ours = static_cast<const std::byte*>(first.const_data_ptr());
  const auto* theirs = static_cast<const std::byte*>(second.const_data_ptr());
  if (std::memcmp(ours, theirs, first.nbytes()) == 0) return {};
  const auto differs = std::mismatch(ours, ours + first.nbytes(), theirs).first - ours;
  place.element = differs / static_cast<int64_t>(first.element_size());
  const auto value = [&](const at::Tensor& tensor) {
    return text::shortest(tensor.flatten()[place.element].item<double>());
  };
  place.first = value(first);
  place.second = value(second);
  return place;
}

Found compare_safetensors(const std::string& file, const fs::path& first, const fs::path& second) {
  const model::SafetensorsFile ours(first), theirs(second);
  const std::vector<std::string> our_names = ours.header().names(), their_names = theirs.header().names();
  std::set<std::string> names(our_names.begin(), our_names.end());
  names.insert(their_names.begin(), their_names.end());
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (const std::string& name : names) {
    const Difference place{.file = file, .tensor = name};
    const bool here = has(our_names, name), there = has(their_names, name);
    if (here && there) {
      if (const Found found = compare_tensors(place, ours.tensor(name), theirs.tensor(name))) return found;
      continue;
    }
    Difference missing = place;
    missing.first = here ? kind_of(ours.tensor(name)) : kNothing;
    missing.second = there ? kind_of(theirs.tensor(name)) : kNothing;
    return missing;
  }
  return compare_texts(file, read_file(first), read_file(second));
}

// What the clock decides left out.
std::string state_text(const fs::path& file) {
  Json state = read_json(file);
  state.erase("seconds");
  state.at("log_bytes").erase("timing.jsonl");
  return state.dump(1);
}

Found compare_files(const std::string& name, const fs::path& first, const fs::path& second) {
  const bool here = fs::exists(first), there = fs::exists(second);
  if (!here || !there) {
    return Difference{.file = name, .first = here ? "the file" : kNothing, .second = there ? "the file" : kNothing};
  }
  if (first.extension() == ".safetensors") return compare_safetensors(name, first, second);
  if (first.filename() == checkpoint::kStateFile) return compare_texts(name, state_text(first), state_text(second));
  return compare_texts(name, read_file(first), read_file(second));
}

class Comparing {
 public:
  Comparing(const fs::path& first, const fs::path& second) : first_(first), second_(second) {}

  // False: a difference was found.
  bool file(const std::string& name) {
    result_.difference = compare_files(name, first_ / name, second_ / name);
    if (!result_.difference) result_.compared.push_back(name);
    return !result_.difference;
  }

  bool best() {
    const std::string folder = "checkpoints/best";
    std::set<std::string> names;
    for (const fs::path& run : {first_, second_}) {
      if (!fs::exists(run / folder)) continue;
      for (const auto& entry : fs::recursive_directory_iterator(run / folder)) {
        if (entry.is_regular_file()) names.insert(entry.path().lexically_relative(run).string());
      }
    }
    // Digests of files that differ differ too, and say less: they come last.
    std::vector<std::string> ordered(names.begin(), names.end());
    std::stable_partition(ordered.begin(), ordered.end(), [](const auto& name) { return !name.ends_with("SUMS"); });
    return std::all_of(ordered.begin(), ordered.end(), [&](const std::string& name) { return file(name); });
  }

  bool state() {
    const std::string ours = newest(first_), theirs = newest(second_);
    if (ours != theirs) {
      result_.difference = Difference{.file = "checkpoints", .first = ours, .second = theirs};
      return false;
    }
    if (ours == kNothing) return true;
    return file(ours + "/" + checkpoint::kTensorFile) && file(ours + "/" + checkpoint::kStateFile);
  }

  RunComparison result() && { return std::move(result_); }

 private:
  static std::string newest(const fs::path& run) {
    const fs::path state = checkpoint::newest_training_state(run / "checkpoints");
    return state.empty() ? kNothing : "checkpoints/" + state.filename().string();
  }

  fs::path first_, second_;
  RunComparison result_;
};

}  // namespace

RunComparison compare_runs(const fs::path& first, const fs::path& second) {
  Comparing comparing(first, second);
  std::ignore =
      comparing.file("events.jsonl") && comparing.file("metrics.csv") && comparing.best() && comparing.state();
  return std::move(comparing).result();
}

}  // namespace engram::run
