// What the data tests share: files made on the spot, the shared data sets, refusals as text.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "data/table.hpp"
#include "support/catch.hpp"

namespace engram::data::testing {

// A folder that goes away with the test; the cache folder lies in it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "engram-data-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    ::setenv("ENGRAM_CACHE", (path_ / "cache").c_str(), 1);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name, const std::string& bytes) const {
    write_file_atomically(path_ / name, bytes);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

// The refusal of `work` as the user reads it, the folder's path left out; "" if there is none.
template <class Work>
std::string refusal(const Folder& folder, Work work) {
  try {
    work();
  } catch (const DataError& error) {
    std::string text = error.what();
    const std::string prefix = folder.path().string() + "/";
    for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
  }
  return "";
}

inline recipe::DataSet text_and_label() {
  recipe::DataSet set;
  set.name = "train";
  set.task = "topics";
  set.text = {std::string("text")};
  set.label = std::string("label");
  return set;
}

// A file of the shared data folder; nothing, with a visible warning, where the folder is absent.
inline std::optional<std::filesystem::path> shared_data(const std::string& name) {
  const char* folder = std::getenv("ENGRAM_TEST_DATA");
  const std::filesystem::path file =
      std::filesystem::path(folder != nullptr ? folder : ENGRAM_SOURCE_DIR "/../shared/data") / name;
  if (std::filesystem::exists(file)) return file;
  WARN("skipped: " << file << " is absent (set ENGRAM_TEST_DATA)");
  return std::nullopt;
}

inline std::map<std::string, int64_t> label_counts(const Table& table) {
  std::map<std::string, int64_t> counts;
  for (const Row& row : table.rows) ++counts[row.label.value_or("(none)")];
  return counts;
}

}  // namespace engram::data::testing
